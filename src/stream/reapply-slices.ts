import type { ApplierParts } from '../apply/applier-parts.ts';
import type { DeadLetters } from '../apply/dead-letters.ts';
import { deleteSlice } from '../apply/delete-slice.ts';
import { recopy } from '../apply/recopy.ts';
import { createThrottle } from '../apply/throttle.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import type { JournalSlice } from '../model/slice-journal.ts';
import type { Table } from '../model/table.ts';
import { decidePart } from '../model/write-timestamp.ts';
import { letterOfSlice } from './letters.ts';
import { isPoison } from './refusals.ts';
import type { SliceKeeper } from './slice-keeper.ts';

export interface ReapplyParts extends ApplierParts {
  readonly keeper: SliceKeeper;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly handOverMicros: bigint;
  readonly tableById: (id: string) => Table | undefined;
}

const slicesAtOnce = 32;

/**
 * Goes over slices once more: rows that were written in the meantime may have been read before their deletes. Also over
 * those that were too old to be applied when they came: a row that neither side had then may have been on its way.
 */
export async function reapplySlices(slices: readonly JournalSlice[], parts: ReapplyParts): Promise<void> {
  const lanes = createThrottle(slicesAtOnce, () => {});
  const withHiding = { ...parts, isHidden: parts.keeper.isHidden };
  const recopied = new Set<string>();
  await Promise.all(
    slices.map((slice) =>
      lanes.run(async () => {
        const table = parts.tableById(slice.tableId);
        if (table === undefined) return;
        try {
          if (isStillApplied(slice, parts)) await deleteSlice(slice, table, withHiding);
          else await recopyPartition(slice, table, recopied, withHiding);
        } catch (error) {
          // What the target does not take of one slice must not keep the stream from the others.
          if (!isPoison(error)) throw error;
          await parts.deadLetters.add(letterOfSlice(slice, table, error));
        }
      }, parts.signal),
    ),
  );
}

/** A slice that was not applied when it came must not be now: rows under it may have come by reading, with older stamps. */
function isStillApplied(slice: JournalSlice, { handOverMicros, clock, window }: ReapplyParts): boolean {
  const instants = { handOverMicros, nowMicros: clock.nowMicros(), window };
  return slice.decision === 'apply' && decidePart(instants, slice.timestampMicros) === 'apply';
}

/** Once however many slices of a partition ask. */
async function recopyPartition(
  slice: JournalSlice,
  table: Table,
  recopied: Set<string>,
  parts: ApplierParts,
): Promise<void> {
  const text = `${slice.tableId}/${slice.partitionKey.toString('hex')}`;
  if (recopied.has(text)) return;
  recopied.add(text);
  const partitionKey = splitPartitionKey(slice.partitionKey, table.partitionKey.length);
  await recopy({ table, partitionKey, scope: { kind: 'partition' } }, parts);
}
