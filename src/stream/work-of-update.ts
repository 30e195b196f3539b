import type { RecopyKey } from '../apply/recopy.ts';
import { type DirtyLists, listColumns } from '../apply/rewrite-lists.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import { leavesRowInDoubt } from '../model/row-in-doubt.ts';
import { slicesOf } from '../model/slice-journal.ts';
import { writeTimesOf } from '../model/update-times.ts';
import { changesListsOf, touchesLists } from './list-changes.ts';
import type { PlannedChange } from './plan-update.ts';

/** The keys that are read again, instead of an old change or after a young one that leaves its row in doubt. */
export function keysToRecopy({ what, update, decideAt }: PlannedChange): readonly RecopyKey[] {
  const { table } = update;
  const partitionKey = splitPartitionKey(update.partitionKey, table.partitionKey.length);
  const rows = what === 'recopy' ? update.rows : update.rows.filter(leavesRowInDoubt);
  const keys = rows.map(({ clustering }): RecopyKey => ({ table, partitionKey, scope: { kind: 'row', clustering } }));
  if (update.staticRow && what === 'recopy') keys.push({ table, partitionKey, scope: { kind: 'statics' } });
  // A slice that is too old to be applied: whatever lies under it, on either side, is read again. Rows are named all the
  // same: one that neither side has now may be on its way from the snapshot, and needs its delete.
  if (slicesOf(update, decideAt).some(({ decision }) => decision === 'recopy'))
    keys.push({ table, partitionKey, scope: { kind: 'partition' } });
  return keys;
}

/** The non-frozen lists that an update touches or takes away row by row; those of its slices are found with their rows. */
export function dirtyListsOf(plan: PlannedChange): readonly DirtyLists[] {
  const { update } = plan;
  const { table } = update;
  const hasLists = listColumns(table, false).length > 0;
  const rows = update.rows.filter((row) => hasLists && changesListsOf(row));
  const hasStaticLists = listColumns(table, true).length > 0;
  const areStaticsTouched = update.partitionDeletion || (update.staticRow && touchesLists(update.staticRow));
  return [
    ...rows.map(({ clustering }) => dirtyRow(plan, clustering)),
    ...(hasStaticLists && areStaticsTouched ? [{ ...dirtyRow(plan, []), isStatic: true }] : []),
  ];
}

/** The lists of a row that a change, or a slice of it, has touched. */
export function dirtyRow({ update, young }: PlannedChange, clustering: readonly Buffer[]): DirtyLists {
  const { table } = update;
  const partitionKey = splitPartitionKey(update.partitionKey, table.partitionKey.length);
  // Only what was written with its own time can hide the list; an old or far future time says nothing.
  const eventMicros = (young && writeTimesOf(young)?.newestMicros) ?? 0n;
  return { table, partitionKey, clustering, isStatic: false, eventMicros };
}
