import type { RecopyKey } from '../apply/recopy.ts';
import { type DirtyLists, listColumns } from '../apply/rewrite-lists.ts';
import type { PartitionUpdate, RowChange } from '../model/mutation.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import { leavesRowInDoubt } from '../model/row-in-doubt.ts';

/** The keys that are read again instead of an update, or after it. */
export function keysToRecopy(update: PartitionUpdate): readonly RecopyKey[] {
  const { table } = update;
  const partitionKey = splitPartitionKey(update.partitionKey, table.partitionKey.length);
  if (update.partitionDeletion || update.rangeDeletions.length > 0)
    return [{ table, partitionKey, scope: { kind: 'partition' } }];
  const rows = update.rows.map(
    ({ clustering }): RecopyKey => ({ table, partitionKey, scope: { kind: 'row', clustering } }),
  );
  return update.staticRow ? [{ table, partitionKey, scope: { kind: 'statics' } }, ...rows] : rows;
}

/** Rows of an applied update that must be read again as well: see row-in-doubt.ts. */
export function rowsInDoubt(update: PartitionUpdate): readonly RecopyKey[] {
  return keysToRecopy({
    table: update.table,
    partitionKey: update.partitionKey,
    rangeDeletions: [],
    rows: update.rows.filter(leavesRowInDoubt),
  });
}

/** The non-frozen lists that an update touches or takes away row by row; those of its slices are known only on the target. */
export function dirtyListsOf(update: PartitionUpdate, eventMicros: bigint): readonly DirtyLists[] {
  const { table } = update;
  const partitionKey = splitPartitionKey(update.partitionKey, table.partitionKey.length);
  const dirty = (row: RowChange, isStatic: boolean): DirtyLists[] =>
    touchesLists(row) || (row.deletion && listColumns(table, isStatic).length > 0)
      ? [{ table, partitionKey, clustering: row.clustering, isStatic, eventMicros }]
      : [];
  const statics = update.staticRow
    ? dirty(update.staticRow, true)
    : staticListsOfPartition(update, partitionKey, eventMicros);
  return [...statics, ...update.rows.flatMap((row) => dirty(row, false))];
}

function touchesLists(row: RowChange): boolean {
  return [...row.cells, ...row.columnDeletions].some(
    ({ column }) => column.type.name === 'list' && !column.type.isFrozen,
  );
}

function staticListsOfPartition(
  update: PartitionUpdate,
  partitionKey: readonly Buffer[],
  eventMicros: bigint,
): DirtyLists[] {
  if (!update.partitionDeletion || listColumns(update.table, true).length === 0) return [];
  return [{ table: update.table, partitionKey, clustering: [], isStatic: true, eventMicros }];
}
