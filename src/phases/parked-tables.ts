import type { ParkedTableStatus } from '../model/migration-status.ts';
import type { MigrationState } from '../state/migration-state.ts';
import type { StreamPosition } from '../stream/stream-position.ts';

/** What waits on the parked topics, summed over the partitions; only of tables where something does or did. */
export function parkedTables(
  { partitions }: Pick<StreamPosition, 'partitions'>,
  { handOver }: Pick<MigrationState, 'handOver'>,
): readonly ParkedTableStatus[] {
  const names = new Map(handOver?.tables.map(({ id, name }) => [id, name]));
  const tables = new Map<string, ParkedTableStatus>();
  for (const { tableId, waiting, replayed, reason } of [...partitions.values()].flatMap(({ parked }) => parked)) {
    const table = names.get(tableId) ?? `of id ${tableId}`;
    const sum = tables.get(table) ?? { table, waiting: 0, replayed: 0, reason };
    tables.set(table, {
      table,
      waiting: sum.waiting + waiting,
      replayed: sum.replayed + replayed,
      reason: waiting > 0 ? reason : sum.reason,
    });
  }
  return [...tables.values()];
}
