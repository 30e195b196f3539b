import type { PartitionUpdate } from '../model/mutation.ts';
import { leavesRowInDoubt } from '../model/row-in-doubt.ts';
import { writeTimesOf } from '../model/update-times.ts';
import {
  type ChangeDecision,
  decideChange,
  decidePart,
  mayDropCopy,
  type TimestampWindow,
} from '../model/write-timestamp.ts';
import { digestOf } from './copies.ts';

/** What is to be done with an update, before the slices of its batch are known. */
export type PlannedUpdate = { readonly what: 'ignored' | 'duplicates' } | PlannedChange;

export interface PlannedChange {
  readonly what: ChangeDecision;
  readonly update: PartitionUpdate;
  /** An old change may have young parts, which are applied as well: each part is decided by its own write time. */
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

export function planUpdate(update: PartitionUpdate, context: PlanContext): PlannedUpdate {
  const { table } = update;
  // Counters carry no timestamps: they are copied when writes have stopped.
  if (!context.isMigrated(table.id) || table.isCounter) return { what: 'ignored' };
  const times = writeTimesOf(update);
  if (times === undefined) return { what: 'ignored' };
  const isRecopied = context.isRecopied(table.id);
  const own = isRecopied ? 'recopy' : decideChange({ ...times, ...context });
  const digest = digestOf(update);
  const first = context.firstDecision(digest);
  if (first && mayDropCopy({ first, own, leavesRowInDoubt: update.rows.some(leavesRowInDoubt) }))
    return { what: 'duplicates' };
  const decideAt = (timestampMicros: bigint) => (isRecopied ? 'recopy' : decidePart(context, timestampMicros));
  return { what: own, update, decideAt, newestMicros: times.newestMicros, digest };
}
