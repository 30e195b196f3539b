import type { PartitionUpdate, RowChange } from '../model/mutation.ts';
import { leavesRowInDoubt } from '../model/row-in-doubt.ts';
import { keepUpdateParts } from '../model/update-parts.ts';
import { writeTimesOf } from '../model/update-times.ts';
import {
  type ChangeDecision,
  decideChange,
  decidePart,
  mayDropCopy,
  type TimestampWindow,
} from '../model/write-timestamp.ts';
import { digestOf } from './copies.ts';
import { changesLists } from './list-changes.ts';

/** What is to be done with an update, before the slices of its batch are known. */
export type PlannedUpdate =
  | { readonly what: 'ignored' | 'duplicates' }
  | { readonly what: 'poison'; readonly error: Error }
  | PlannedChange;

export interface PlannedChange {
  readonly what: ChangeDecision;
  readonly update: PartitionUpdate;
  /** The parts that go with their own write times: all of a young change, and an old one may have some. */
  readonly young: PartitionUpdate | undefined;
  readonly decideAt: (timestampMicros: bigint) => ChangeDecision;
  readonly newestMicros: bigint;
  readonly digest: string;
}

export interface PlanContext {
  readonly isMigrated: (tableId: string) => boolean;
  /** In recopy mode: its application writes stamps in the future, which the target refuses. */
  readonly isRecopied: (tableId: string) => boolean;
  /** What was decided for the first copy of an update, by its digest. */
  readonly firstDecision: (digest: string) => ChangeDecision | undefined;
  readonly handOverMicros: bigint;
  readonly nowMicros: bigint;
  readonly window: TimestampWindow;
}

export function planUpdate(received: PartitionUpdate, context: PlanContext): PlannedUpdate {
  const { table } = received;
  // Counters carry no timestamps: they are copied when writes have stopped.
  if (!context.isMigrated(table.id) || table.isCounter) return { what: 'ignored' };
  const times = writeTimesOf(received);
  if (times === undefined) return { what: 'ignored' };
  const update = withRowDeletion(received);
  const isRecopied = context.isRecopied(table.id);
  const own = isRecopied ? 'recopy' : decideChange({ ...times, ...context });
  const digest = digestOf(update);
  const first = context.firstDecision(digest);
  const isReadAgain = () => update.rows.some(leavesRowInDoubt) || changesLists(update);
  if (first && mayDropCopy({ first, own, isReadAgain: isReadAgain() })) return { what: 'duplicates' };
  const decideAt = (timestampMicros: bigint) => (isRecopied ? 'recopy' : decidePart(context, timestampMicros));
  const young = keepUpdateParts(update, (timestampMicros) => decideAt(timestampMicros) === 'apply');
  return { what: own, update, young, decideAt, newestMicros: times.newestMicros, digest };
}

/** Without clustering columns a partition is one row, and its deletion one that the target takes as it is: no slice. */
function withRowDeletion(update: PartitionUpdate): PartitionUpdate {
  const { partitionDeletion, ...others } = update;
  if (partitionDeletion === undefined || update.table.clustering.length > 0) return update;
  const row: RowChange = update.rows[0] ?? { clustering: [], columnDeletions: [], cells: [] };
  return { ...others, rows: [{ ...row, deletion: partitionDeletion }] };
}
