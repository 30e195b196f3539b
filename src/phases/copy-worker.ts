import { type DeadLetters, openDeadLetters } from '../apply/dead-letters.ts';
import { createTargetWriter } from '../apply/target-writer.ts';
import { copyingOf } from '../config/table-copying.ts';
import type { Split } from '../model/split.ts';
import { splitsSubscription, topics } from '../model/topics.ts';
import type { CopyParts } from '../snapshot/copy-parts.ts';
import { copySplit } from '../snapshot/copy-split.ts';
import { copySplits } from '../snapshot/copy-splits.ts';
import type { Pace } from '../snapshot/pace.ts';
import { splitMessage } from '../snapshot/split-message.ts';
import { hasLeft } from '../state/migration-state.ts';
import { openCopyPace } from './copy-pace.ts';
import { tableOfSplit } from './migrated-tables.ts';
import type { WorkerContext } from './phase-context.ts';
import { type CapacityTalk, shareCapacity } from './share-capacity.ts';
import { tellHolds } from './tell-holds.ts';

/** Takes splits from the queue that all workers share and copies them, until `enough` aborts. */
export async function runCopyWorker(opened: WorkerContext, enough: AbortSignal): Promise<void> {
  const { bus, ledger, clock, config, signal } = opened;
  const holds = await tellHolds(opened);
  const { report } = holds;
  const context = { ...opened, report };
  const talk = await shareCapacity(opened, 'copy');
  const deadLetters = await openDeadLetters(bus, clock, signal);
  const rests = await bus.publisher(topics.splits, { isBatched: false }, signal);
  // One message ahead: what waits in this worker's queue waits for no other worker.
  const subscription = await bus.subscribe(topics.splits, splitsSubscription, 'shared', { queueSize: 1, signal });
  try {
    const pace = openCopyPace(context);
    const parts = copyParts(context, deadLetters, pace, talk);
    const ended = new AbortController();
    const following = pace.follow(AbortSignal.any([signal, ended.signal]));
    await copySplits({
      subscription,
      splitsAtOnce: config.workers.splitsAtOnce,
      isDone,
      restOf: (id) => ledger.state.copied.get(id)?.rest,
      publish: async (rest) => void (await rests.publish(splitMessage(rest))),
      copy: (split, copySignal) => copySplit(split, tableOfSplit(split, ledger.state), parts, copySignal),
      async record(copied) {
        await ledger.append({ kind: 'split-copied', copied });
        await ledger.refresh(signal);
        reportSplit(copied.split);
      },
      enough,
      signal,
    }).finally(() => ended.abort());
    await following;
  } finally {
    await subscription.close();
    await rests.close();
    await deadLetters.close();
    await talk.close();
    await holds.close();
  }

  /** What is left of a table that has left the migration is nobody's work; neither is what the ledger, which knows a split before the topic does, never heard of. */
  async function isDone({ id, table }: Split): Promise<boolean> {
    if (!ledger.state.splits.has(id)) await ledger.refresh(signal);
    const { copied, splits } = ledger.state;
    return copied.has(id) || !splits.has(id) || hasLeft(ledger.state, table);
  }

  function reportSplit({ table }: Split): void {
    const { splits, copied } = ledger.state;
    const ofTable = [...splits.values()].filter((split) => split.table === table);
    const done = ofTable.flatMap((split) => copied.get(split.id) ?? []);
    const rows = done.reduce((sum, { readRows }) => sum + readRows, 0n);
    report({ kind: 'split-copied', table, done: done.length, total: ofTable.length, rows });
  }
}

/** Estimates may be wrong; a split that is many times what it was planned as is cut, or a crash would cost all of it. */
const mostTimesPlanned = 8;

function copyParts(
  { source, target, clock, report, config, workerName }: WorkerContext,
  deadLetters: DeadLetters,
  pace: Pace,
  { shared }: CapacityTalk,
): CopyParts {
  const { writesInFlight } = config.workers;
  return {
    source,
    writer: createTargetWriter({ target, clock, report, maxInFlight: writesInFlight, shared }),
    pace,
    deadLetters,
    clock,
    report,
    window: config.window,
    keyspace: config.target.keyspace,
    worker: workerName,
    rowsAtOnce: writesInFlight,
    mostBytes: mostTimesPlanned * config.snapshot.bytesPerSplit,
    expires: (table) => copyingOf(table, config).expires,
  };
}
