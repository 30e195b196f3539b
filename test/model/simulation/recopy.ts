import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { writeTimesOf } from '../../../src/model/update-times.ts';
import type { ChangeDecision } from '../../../src/model/write-timestamp.ts';
import { hour, minute, second } from './instants.ts';
import { readReplica } from './migration.ts';
import { type RowKey, recopyWrite } from './row-writes.ts';
import type { Life } from './scheduler.ts';
import { keyText } from './simulated-table.ts';
import { clockOf, type SinkWorker } from './sink-worker.ts';

interface DirtyRow extends RowKey {
  /** Write time of the change that made it dirty. */
  readonly eventMicros: bigint;
}

/** Rows to recopy, once a batch however many changes ask for it. */
export type DirtyRows = Map<string, DirtyRow>;

/** Marks the rows of an update; its statics only if the update is not applied, as nothing leaves statics in doubt. */
export function markDirty(dirty: DirtyRows, update: PartitionUpdate, decision: ChangeDecision): void {
  const { partitionKey } = update;
  const eventMicros = writeTimesOf(update)?.newestMicros ?? 0n;
  for (const { clustering } of update.rows) markRow(dirty, { partitionKey, clustering }, eventMicros);
  if (update.staticRow && decision === 'recopy') markRow(dirty, { partitionKey }, eventMicros);
}

export function markRow(dirty: DirtyRows, key: RowKey, eventMicros: bigint): void {
  dirty.set(rowText(key), { ...key, eventMicros });
}

export function* recopyAll(worker: SinkWorker, dirty: DirtyRows): Life {
  for (const row of dirty.values()) while (!(yield* isRecopied(worker, row)));
}

/** False when the floor was spent on the way: then the row is read again. */
function* isRecopied(worker: SinkWorker, row: DirtyRow): Generator<bigint, boolean, void> {
  const { migration, lastStamps } = worker;
  const { rule, random, scheduler, target } = migration;
  const readAtMicros = clockOf(worker);
  const image = readRow(worker, row);
  yield random.chance(0.9)
    ? random.micros(1000n, 5n * second)
    : random.micros(second, random.chance(0.1) ? hour : minute);
  const stamp = rule.recopyStamp({
    readAtMicros,
    writtenAtMicros: clockOf(worker),
    lastMicros: lastStamps.get(rowText(row)),
    eventMicros: row.eventMicros,
    rowMicros: image?.newestMicros,
  });
  if (rule.isSpent(stamp, clockOf(worker))) return false;
  lastStamps.set(rowText(row), stamp);
  const left = rule.withoutCovered(recopyWrite(row, image, stamp), worker.journal);
  if (left) target.write(left, scheduler.now);
  return true;
}

function readRow({ migration }: SinkWorker, { partitionKey, clustering }: RowKey) {
  const replica = readReplica(migration);
  const { now } = migration.scheduler;
  return clustering ? replica.readRow(partitionKey, clustering, now) : replica.readStatic(partitionKey, now);
}

function rowText({ partitionKey, clustering }: RowKey): string {
  return `${keyText([partitionKey])}/${clustering ? keyText(clustering) : 'static'}`;
}
