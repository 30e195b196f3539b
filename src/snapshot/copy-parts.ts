import type { DeadLetters } from '../apply/dead-letters.ts';
import type { RowLayout } from '../apply/row-layout.ts';
import type { TargetWriter } from '../apply/target-writer.ts';
import type { Report } from '../events.ts';
import type { Split } from '../model/split.ts';
import { isFloorSpent, type TimestampWindow } from '../model/write-timestamp.ts';
import type { Clock } from '../ports/clock.ts';
import type { Consistency, TableReader } from '../ports/table-reader.ts';
import type { Pace } from './pace.ts';

/** What copying needs besides the split; the same for all splits of a worker. */
export interface CopyParts {
  readonly source: Pick<TableReader, 'readTimed'>;
  readonly writer: TargetWriter;
  readonly pace: Pace;
  readonly deadLetters: Pick<DeadLetters, 'add'>;
  readonly clock: Clock;
  readonly report: Report;
  readonly window: TimestampWindow;
  /** The target keyspace. */
  readonly keyspace: string;
  /** Names this worker in the books. */
  readonly worker: string;
  /** Rows of one split that are being written at once; fewer of large ones (see places-of.ts). */
  readonly rowsAtOnce: number;
  /** A split that turns out larger is cut there, at the end of a page: estimates know no wide partitions. */
  readonly mostBytes: number;
  /**
   * Whether values of a table may expire; absent: of any. Where they are said not to, their remaining times are not read, and one that expires
   * all the same is copied for good: a difference that any validation finds, since it asks both sides for them.
   */
  readonly expires?: (table: string) => boolean;
  readonly pageSize?: number;
  readonly consistency?: Consistency;
}

/** One reading of a split; all that it writes carries its floor. */
export interface SplitAttempt {
  readonly split: Split;
  readonly layout: RowLayout;
  readonly floorMicros: bigint;
}

/** A write that starts now at this floor might reach the target too late. */
export function isSpent({ floorMicros }: SplitAttempt, { clock, window }: CopyParts): boolean {
  return isFloorSpent(floorMicros, clock.nowMicros(), window);
}
