import { instantText } from '../model/instant-text.ts';
import { floorOf } from '../model/write-timestamp.ts';
import type { Check } from './check.ts';
import { fault } from './fault.ts';

/**
 * Cassandra shows no cell of a column that is as old as the column's last drop, also when the column is there again. What is copied carries
 * a floor as its write time: it would be confirmed, be seen until the next flush, and be gone.
 */
export const hiddenColumns: Check = {
  name: 'hidden columns',
  async ask({ config, tables, target, clock, signal }) {
    const { columns, droppedColumns } = await target.schema(signal);
    const floor = floorOf(clock.nowMicros(), config.window);
    const isMoved = (name: string) => tables.some((table) => table.name === name);
    const isThere = (name: string, column: string) =>
      columns.some((one) => one.table === name && one.column === column);
    return droppedColumns
      .map(({ table, column, droppedTimeMs }) => ({ table, column, dropped: BigInt(droppedTimeMs) * 1000n }))
      .filter(({ table, column, dropped }) => isMoved(table) && isThere(table, column) && dropped >= floor)
      .map(({ table, column, dropped }) =>
        fault(
          this.name,
          `a column ${column} of ${table} on the target that shows what is written at ${instantText(floor)}, the time of copied rows`,
          `it was dropped at ${instantText(dropped)} and added again: cells as old as that are never shown`,
          `drop the table ${table} on the target, which snapshot-migrate then creates anew`,
        ),
      );
  },
};
