import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { type JournalSlice, slicesOf } from '../../../src/model/slice-journal.ts';
import { keepUpdateParts } from '../../../src/model/update-parts.ts';
import { writeTimesOf } from '../../../src/model/update-times.ts';
import type { ChangeDecision } from '../../../src/model/write-timestamp.ts';
import type { ChangeMessage } from './changes-topic.ts';
import { handOver, minute, second } from './instants.ts';
import { isSnapshotDone, type Migration } from './migration.ts';
import { type DirtyRows, markDirty, recopyAll } from './recopy.ts';
import { restamped } from './restamp.ts';
import type { Life, Ownership } from './scheduler.ts';
import { applySlice, applySlicesAgain } from './slices.ts';

/** What a sink worker has in memory; it dies with it. */
export interface SinkWorker {
  readonly migration: Migration;
  readonly owner: Ownership;
  /** Its clock against true time. */
  readonly clockErrorMicros: bigint;
  readonly journal: JournalSlice[];
  /** What was decided for the first copy of a change. */
  readonly decisions: Map<number, ChangeDecision>;
  readonly lastStamps: Map<string, bigint>;
  /** Partitions whose slices were applied again after their snapshot. */
  readonly settled: Set<string>;
  position: number;
}

/** The worker of the one topic partition: begins at what was acknowledged, ends when it drained or lost the partition. */
export function* runSink(migration: Migration, owner: Ownership): Life {
  const worker = openWorker(migration, owner);
  while (owner.isOwner && migration.drainedAt === undefined) {
    const batch = receive(worker);
    if (batch.length > 0) yield* applyBatch(worker, batch);
    yield* applySlicesAgain(worker, 'as they come due');
    if (batch.length === 0) yield* drainOrWait(worker);
  }
}

export function clockOf({ migration, clockErrorMicros }: SinkWorker): bigint {
  return migration.scheduler.now + clockErrorMicros;
}

function openWorker(migration: Migration, owner: Ownership): SinkWorker {
  return {
    migration,
    owner,
    clockErrorMicros: migration.random.micros(-20_000n, 20_000n),
    journal: [...migration.journal],
    decisions: new Map(),
    lastStamps: new Map(),
    settled: new Set(),
    position: migration.acknowledged,
  };
}

function receive({ migration, position }: SinkWorker): readonly ChangeMessage[] {
  const { topic, random, scheduler } = migration;
  const batch = topic.slice(position, position + 1 + random.int(6));
  return batch.filter((message) => message.publishedAt <= scheduler.now);
}

function* applyBatch(worker: SinkWorker, batch: readonly ChangeMessage[]): Life {
  const dirty: DirtyRows = new Map();
  for (const message of batch) yield* applyMessage(worker, message, dirty);
  yield* recopyAll(worker, dirty);
  worker.position += batch.length;
  if (worker.owner.isOwner) worker.migration.acknowledged = worker.position;
}

function* applyMessage(worker: SinkWorker, message: ChangeMessage, dirty: DirtyRows): Life {
  const { rule, firstSeenAt, scheduler } = worker.migration;
  if (!firstSeenAt.has(message.operation)) firstSeenAt.set(message.operation, scheduler.now);
  const instants = { handOverMicros: handOver, nowMicros: clockOf(worker), window: rule.window };
  const own = rule.decide({ ...writeTimesOf(message.update)!, ...instants });
  const inDoubt = message.update.rows.filter(rule.leavesRowInDoubt);
  const first = worker.decisions.get(message.operation);
  if (first !== undefined && rule.mayDropCopy({ first, own, isReadAgain: inDoubt.length > 0 })) return;
  const decideAt = (micros: bigint) => rule.decidePart(instants, own, micros);
  const update = restamped(message.update, (micros) => rule.liftedTo(micros, instants.nowMicros));
  const slices = slicesOf(update, decideAt);
  worker.journal.push(...slices);
  worker.migration.journal.push(...slices);
  const direct = keepUpdateParts(update, (micros) => decideAt(micros) === 'apply');
  if (direct) yield* applyUpdate(worker, direct);
  for (const slice of slices) yield* applySlice(worker, slice, dirty);
  markDirty(dirty, { ...update, rows: own === 'apply' ? inDoubt : update.rows }, own);
  if (first === undefined) worker.decisions.set(message.operation, own);
}

/** Cells, markers and single deletes with the change's own write times; its slices go row by row. */
function* applyUpdate(worker: SinkWorker, update: PartitionUpdate): Life {
  const { rule, random, scheduler, target } = worker.migration;
  yield random.micros(1000n, 10n * second);
  const { partitionDeletion: _, ...rest } = update;
  const left = rule.withoutCovered({ ...rest, rangeDeletions: [] }, worker.journal);
  if (left) target.write(left, scheduler.now);
}

function* drainOrWait(worker: SinkWorker): Life {
  const { migration, position } = worker;
  const { topic, scheduler } = migration;
  const next = topic[position];
  if (next) yield next.publishedAt - scheduler.now + second;
  else if (!isSnapshotDone(migration) || scheduler.zombies > 0) yield 10n * minute;
  else {
    yield* applySlicesAgain(worker, 'all');
    if (worker.owner.isOwner) migration.drainedAt = scheduler.now;
  }
}
