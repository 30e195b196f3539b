import type { RecopyKey } from '../apply/recopy.ts';
import { type DirtyLists, listColumns } from '../apply/rewrite-lists.ts';
import type { PartitionUpdate, RowChange } from '../model/mutation.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import { leavesRowInDoubt } from '../model/row-in-doubt.ts';
import { slicesOf } from '../model/slice-journal.ts';
import type { PlannedChange } from './plan-update.ts';

/** The keys that are read again, instead of an old change or after a young one that leaves its row in doubt. */
export function keysToRecopy({ what, update, decideAt }: PlannedChange): readonly RecopyKey[] {
  const { table } = update;
  const partitionKey = splitPartitionKey(update.partitionKey, table.partitionKey.length);
  // A slice that is too old to be applied: whatever lies under it, on either side, is read again.
  if (slicesOf(update, decideAt).some(({ decision }) => decision === 'recopy'))
    return [{ table, partitionKey, scope: { kind: 'partition' } }];
  const rows = what === 'recopy' ? update.rows : update.rows.filter(leavesRowInDoubt);
  const keys = rows.map(({ clustering }): RecopyKey => ({ table, partitionKey, scope: { kind: 'row', clustering } }));
  return update.staticRow && what === 'recopy' ? [{ table, partitionKey, scope: { kind: 'statics' } }, ...keys] : keys;
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
