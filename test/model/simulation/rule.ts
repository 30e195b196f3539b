import type { PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import { leavesRowInDoubt } from '../../../src/model/row-in-doubt.ts';
import { type JournalSlice, withoutCovered } from '../../../src/model/slice-journal.ts';
import {
  type ChangeDecision,
  type ChangeToDecide,
  type CopyOfChange,
  decideChange,
  decidePart,
  floorOf,
  isFloorSpent,
  keyspacesWindow,
  mayDropCopy,
  recopyTimestamp,
  type TimestampWindow,
} from '../../../src/model/write-timestamp.ts';

interface Recopy {
  readonly readAtMicros: bigint;
  readonly writtenAtMicros: bigint;
  /** Stamp of this worker's recopy of the same key before. */
  readonly lastMicros: bigint | undefined;
  /** Write time of the change that asked for it. */
  readonly eventMicros: bigint;
  /** Newest write time of the cells that were read. */
  readonly rowMicros: bigint | undefined;
}

type ChangeInstants = Omit<ChangeToDecide, 'oldestMicros' | 'newestMicros'>;

/** The decisions of the rule, as the simulated workers ask for them. Mutants replace one of them. */
export interface Rule {
  readonly window: TimestampWindow;
  snapshotStamp(readAtMicros: bigint, writtenAtMicros: bigint): bigint;
  recopyStamp(recopy: Recopy): bigint;
  isSpent(stampMicros: bigint, nowMicros: bigint): boolean;
  decide(change: ChangeToDecide): ChangeDecision;
  decidePart(change: ChangeInstants, whole: ChangeDecision, timestampMicros: bigint): ChangeDecision;
  /** The time that an applied change is written with. */
  liftedTo(timestampMicros: bigint, nowMicros: bigint): bigint;
  mayDropCopy(copy: CopyOfChange): boolean;
  leavesRowInDoubt(row: RowChange): boolean;
  withoutCovered(update: PartitionUpdate, journal: readonly JournalSlice[]): PartitionUpdate | undefined;
  /** Whether slices are applied again when the snapshot is complete and at drain. */
  readonly appliesSlicesAgain: boolean;
}

const window = keyspacesWindow;

/** The real code, nothing between. */
export const realRule: Rule = {
  window,
  snapshotStamp: (readAtMicros) => floorOf(readAtMicros, window),
  recopyStamp: ({ readAtMicros, lastMicros }) => recopyTimestamp(readAtMicros, lastMicros, window),
  isSpent: (stampMicros, nowMicros) => isFloorSpent(stampMicros, nowMicros, window),
  decide: decideChange,
  decidePart: (change, _, timestampMicros) => decidePart(change, timestampMicros),
  liftedTo: (timestampMicros) => timestampMicros,
  mayDropCopy,
  leavesRowInDoubt,
  withoutCovered,
  appliesSlicesAgain: true,
};
