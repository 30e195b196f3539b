import { expect, test } from 'vitest';
import { maxToken, minToken } from '../../src/model/token.ts';
import { topics } from '../../src/model/topics.ts';
import type { PhaseContext } from '../../src/phases/phase-context.ts';
import { snapshotMigrate } from '../../src/phases/snapshot-migrate.ts';
import { decodeSplit } from '../../src/snapshot/split-message.ts';
import { openLedger } from '../../src/state/ledger.ts';
import type { HandOverRecord } from '../../src/state/ledger-event.ts';
import { aClock } from '../support/a-clock.ts';
import { aConfig } from '../support/a-config.ts';
import { inMemoryBus, type MemoryBus } from '../support/in-memory-bus.ts';

const queueSplits = snapshotMigrate.steps.find(({ title }) => title === 'splits')!.run;

test('a run that died between two events of its splits is made up for: every key is in a split that is queued', async () => {
  const memory = inMemoryBus();
  await expect(queueSplits(await aRun(memory, { diesAtEvent: 2 }))).rejects.toThrow('killed');
  // What the nodes estimate is never twice the same.
  await queueSplits(await aRun(memory, { partitions: 250_000_000 }));
  expectWholeRing(queuedSplits(memory));
});

test('splits that were all written down are queued as they are, whatever the nodes estimate by then', async () => {
  const memory = inMemoryBus();
  await queueSplits(await aRun(memory, {}));
  const before = queuedSplits(memory);
  expect(await queueSplits(await aRun(memory, { partitions: 1 }))).toBe('3000 planned, 0 queued, 3000 there before');
  expectWholeRing(before);
  expect(queuedSplits(memory)).toEqual(before);
});

interface Run {
  readonly diesAtEvent?: number;
  readonly partitions?: number;
}

async function aRun({ bus }: MemoryBus, { diesAtEvent, partitions = 300_000_000 }: Run): Promise<PhaseContext> {
  const clock = aClock();
  const ledger = await openLedger({ bus, clock, by: 'test' });
  if (!ledger.state.handOver) await ledger.append({ kind: 'handed-over', record: handOver });
  let events = 0;
  const append: typeof ledger.append = async (fact) => {
    if (++events === diesAtEvent) throw new Error('killed');
    await ledger.append(fact);
  };
  const dying = {
    ...ledger,
    append,
    get state() {
      return ledger.state;
    },
  };
  const source = { sizeEstimate: async () => ({ partitions, meanPartitionBytes: 1 }), nodes: async () => [] };
  const context = { bus, clock, ledger: dying, source, config: aConfig({}), signal: new AbortController().signal };
  return context as unknown as PhaseContext;
}

function queuedSplits(memory: MemoryBus) {
  return memory.messages(topics.splits).map(({ payload }) => decodeSplit(payload));
}

function expectWholeRing(splits: ReturnType<typeof queuedSplits>): void {
  const ranges = splits.map(({ range }) => range).sort((a, b) => (a.start < b.start ? -1 : 1));
  let end = minToken;
  for (const range of ranges) {
    expect(range.start).toBeLessThanOrEqual(end);
    if (range.end > end) end = range.end;
  }
  expect(end).toBe(maxToken);
}

const id = 'ab'.repeat(16);
const orders = { keyspace: 'shop', table: 'orders' };
const idColumn = { ...orders, column: 'id', kind: 'partition_key', position: 0, clusteringOrder: 'none', type: 'int' };

const handOver = {
  instantMicros: 1n,
  nodes: [],
  changesPartitions: 1,
  tables: [{ name: 'orders', id }],
  recopiedTables: [],
  schema: {
    tables: [{ ...orders, id, flags: ['compound'], cdc: false, defaultTtlSeconds: 0 }],
    columns: [idColumn],
    types: [],
    droppedColumns: [],
  },
} as HandOverRecord;
