import { openDeadLetters } from '../../../src/apply/dead-letters.ts';
import { createTargetWriter } from '../../../src/apply/target-writer.ts';
import { OperatorError } from '../../../src/errors.ts';
import type { Split } from '../../../src/model/split.ts';
import { keyspacesWindow } from '../../../src/model/write-timestamp.ts';
import { tableOfSplit } from '../../../src/phases/migrated-tables.ts';
import type { WorkerContext } from '../../../src/phases/phase-context.ts';
import { copySplit } from '../../../src/snapshot/copy-split.ts';
import { hasLeft } from '../../../src/state/migration-state.ts';
import { tables } from './tables.ts';

/** The snapshot, two splits a table, each copied at any time beside the stream. */
export interface Snapshot {
  copy(split: number): Promise<void>;
  copyAll(): Promise<void>;
}

const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];

export async function openSnapshot(context: WorkerContext): Promise<Snapshot> {
  const { bus, clock, ledger, source, target, report } = context;
  const splits = tables.flatMap(({ name, id }): Split[] => [
    { id: `${name}/0`, table: name, tableId: id, range: { start: least, end: 0n } },
    { id: `${name}/1`, table: name, tableId: id, range: { start: 0n, end: most } },
  ]);
  await ledger.append({ kind: 'splits-planned', splits });
  const begun = new Map<number, Promise<void>>();
  const parts = {
    source,
    writer: createTargetWriter({ target, clock, report, maxInFlight: 8 }),
    pace: { take: async () => {} },
    deadLetters: await openDeadLetters(bus, clock),
    clock,
    report,
    window: keyspacesWindow,
    keyspace: 'moved',
    worker: 'copy',
    rowsAtOnce: 4,
    mostBytes: Number.POSITIVE_INFINITY,
  };

  async function copy(split: number): Promise<void> {
    const copying = begun.get(split) ?? copyOne(splits[split]!);
    begun.set(split, copying);
    await copying;
  }

  return { copy, copyAll: async () => void (await Promise.all(splits.map((_, split) => copy(split)))) };

  /** What it reads of may be gone until the operator has decided. */
  async function copyOne(split: Split): Promise<void> {
    for (;;) {
      const state = await ledger.refresh();
      if (hasLeft(state, split.table)) return;
      try {
        const copied = await copySplit(split, tableOfSplit(split, state), parts);
        return await ledger.append({ kind: 'split-copied', copied });
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        await clock.sleep(1_000);
      }
    }
  }
}
