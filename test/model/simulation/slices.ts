import { isInSlice, type JournalSlice, mayForgetSlice } from '../../../src/model/slice-journal.ts';
import { handOver, second } from './instants.ts';
import { type DirtyRows, markRow, recopyAll } from './recopy.ts';
import { type RowKey, rowDelete } from './row-writes.ts';
import type { Life } from './scheduler.ts';
import { keyText, table } from './simulated-table.ts';
import { clockOf, type SinkWorker } from './sink-worker.ts';

/** Deletes the target's rows under a slice at the slice's own write time, or marks them dirty when it is too old for that. */
export function* applySlice(worker: SinkWorker, slice: JournalSlice, dirty: DirtyRows): Life {
  const { migration } = worker;
  const { rule, random, scheduler, target } = migration;
  const timestampMicros = rule.liftedTo(slice.timestampMicros, clockOf(worker));
  const decision = rule.decide({
    oldestMicros: timestampMicros,
    newestMicros: timestampMicros,
    handOverMicros: handOver,
    nowMicros: clockOf(worker),
    window: rule.window,
  });
  for (const key of rowsUnder(worker, slice)) {
    if (decision === 'recopy') markRow(dirty, key, timestampMicros);
    else {
      yield random.micros(1000n, 2n * second);
      target.write(rowDelete(key, timestampMicros), scheduler.now);
    }
  }
}

/** Once more when the snapshot of a slice's range is complete, when its entry ends, and at drain. */
export function* applySlicesAgain(worker: SinkWorker, which: 'as they come due' | 'all'): Life {
  const { migration, journal, settled } = worker;
  if (!migration.rule.appliesSlicesAgain) return;
  const isDue = (slice: JournalSlice) => {
    const isNews =
      migration.snapshotDoneAt.has(keyText([slice.partitionKey])) && !settled.has(keyText([slice.partitionKey]));
    return which === 'all' || isNews || mayForget(worker, slice);
  };
  const due = journal.filter(isDue);
  const ended = journal.filter((slice) => mayForget(worker, slice));
  for (const key of migration.snapshotDoneAt.keys()) settled.add(key);
  if (due.length === 0) return;
  const dirty: DirtyRows = new Map();
  for (const slice of due) yield* applySlice(worker, slice, dirty);
  yield* recopyAll(worker, dirty);
  forget(worker, ended);
}

function mayForget({ migration }: SinkWorker, slice: JournalSlice): boolean {
  const snapshotDoneAtMicros = migration.snapshotDoneAt.get(keyText([slice.partitionKey]));
  return mayForgetSlice({
    slice,
    nowMicros: migration.scheduler.now,
    snapshotDoneAtMicros,
    window: migration.rule.window,
  });
}

function forget({ migration, journal, owner }: SinkWorker, ended: readonly JournalSlice[]): void {
  for (const list of owner.isOwner ? [journal, migration.journal] : [journal]) {
    for (const slice of ended) if (list.includes(slice)) list.splice(list.indexOf(slice), 1);
  }
}

function rowsUnder({ migration }: SinkWorker, slice: JournalSlice): readonly RowKey[] {
  const { partitionKey } = slice;
  const rows = migration.target.readRows(partitionKey, migration.scheduler.now);
  const keys = rows.filter(({ clustering }) => isInSlice(clustering, slice, table));
  const statics = slice.range ? [] : [{ partitionKey }];
  return [...keys.map(({ clustering }) => ({ partitionKey, clustering })), ...statics];
}
