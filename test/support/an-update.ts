import type { Cell, ColumnDeletion, PartitionUpdate, RowChange } from '../../src/model/mutation.ts';
import type { Column, Table } from '../../src/model/table.ts';
import { int } from './a-table.ts';

/** A change to one row; nothing in it unless named. */
export function aRow(parts: Partial<RowChange> = {}): RowChange {
  return { clustering: [], columnDeletions: [], cells: [], ...parts };
}

/** An update of the partition `1`. */
export function anUpdate(table: Table, parts: Partial<Omit<PartitionUpdate, 'table'>> = {}): PartitionUpdate {
  return { table, partitionKey: int(1), rangeDeletions: [], rows: [], ...parts };
}

function columnOf(table: Table, name: string): Column {
  return table.columns.get(name)!;
}

/** A cell written at a microsecond; undefined is a deleted one. */
export function aCell(
  table: Table,
  name: string,
  value: Buffer | undefined,
  timestampMicros: bigint,
  more: Partial<Cell> = {},
): Cell {
  return { column: columnOf(table, name), value, timestampMicros, ...more };
}

export function aColumnDeletion(table: Table, name: string, timestampMicros: bigint): ColumnDeletion {
  return { column: columnOf(table, name), timestampMicros, localDeletionTime: 0 };
}

export function at(timestampMicros: bigint) {
  return { timestampMicros, localDeletionTime: 0 };
}
