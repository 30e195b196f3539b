import type { JournalSlice } from '../../../src/model/slice-journal.ts';
import type { CellStore } from './cell-store.ts';
import type { ChangeMessage } from './changes-topic.ts';
import { replicaCount } from './history.ts';
import type { Random } from './random.ts';
import type { Rule } from './rule.ts';
import type { Scheduler } from './scheduler.ts';
import { keyText, partitionKeys } from './simulated-table.ts';
import type { Source } from './source.ts';
import type { Target } from './target.ts';

/** What outlives a worker: both clusters, the topics and what was acknowledged on them. */
export interface Migration {
  readonly rule: Rule;
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly source: Source;
  readonly target: Target;
  readonly topic: readonly ChangeMessage[];
  /** The durable journal of slices. */
  readonly journal: JournalSlice[];
  /** By partition key: when the snapshot of its range was complete. */
  readonly snapshotDoneAt: Map<string, bigint>;
  /** By operation: when a sink first had it. */
  readonly firstSeenAt: Map<number, bigint>;
  acknowledged: number;
  drainedAt: bigint | undefined;
}

/** A read at consistency ONE: any replica answers, also one that misses late writes. */
export function readReplica({ source, random, scheduler }: Migration): CellStore {
  return source.replicaAt(random.int(replicaCount), scheduler.now);
}

export function isSnapshotDone({ snapshotDoneAt }: Migration): boolean {
  return partitionKeys.every((key) => snapshotDoneAt.has(keyText([key])));
}
