import type { ApplierParts } from '../apply/applier-parts.ts';
import type { DeadLetters } from '../apply/dead-letters.ts';
import type { Report } from '../events.ts';
import type { Lane } from '../model/lane.ts';
import type { TokenRange } from '../model/token.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { NodePulses } from './node-pulses.ts';
import type { PartitionProgress } from './partition-progress.ts';
import type { ReplayParts } from './replay-parked.ts';
import type { SchemaFollower } from './schema-follower.ts';
import type { SnapshotDoneAt } from './slice-keeper.ts';
import type { RuleOf } from './table-rule.ts';
import type { Tie } from './tie-finder.ts';

/** What a sink needs, whatever partitions it holds. */
export interface SinkParts extends Omit<ApplierParts, 'signal'> {
  readonly bus: MessageBus;
  readonly schema: SchemaFollower;
  readonly deadLetters: DeadLetters;
  readonly report: Report;
  readonly workerName: string;
  readonly lanes: readonly Lane[];
  /** Of the DataStax feed, whose agents send no watermarks. */
  readonly pulses?: NodePulses | undefined;
  readonly ruleOf: RuleOf;
  readonly isGivenUp: ReplayParts['isGivenUp'];
  /** Ids of tables that are in recopy mode: no change of theirs is applied directly. */
  readonly recopiedTableIds: ReadonlySet<string>;
  /** Resolves once it is recorded that the target may have decided otherwise; may be told of one again. */
  readonly onTie: (tie: Tie) => Promise<void>;
  /** Host ids whose watermarks and drain marks are waited for. */
  readonly nodes: readonly string[];
  readonly handOverMicros: bigint;
  /** The target's clock minus ours, asked for anew with each batch. */
  readonly targetSkewMicros: bigint;
  /** Copied splits of the snapshot in the order in which they became known; grows while the sink runs. */
  readonly copiedRanges: readonly CopiedRange[];
  readonly snapshotDoneAt: SnapshotDoneAt;
}

export interface CopiedRange {
  readonly tableId: string;
  readonly range: TokenRange;
}

export type PublishProgress = (progress: PartitionProgress) => Promise<void>;
