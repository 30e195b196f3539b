import { describe, expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { applyBatch } from '../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../src/stream/copies.ts';
import { PartitionMovedError } from '../../src/stream/partition-moved-error.ts';
import { PartitionsUnderWay } from '../../src/stream/partitions-under-way.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget } from '../support/in-memory-target.ts';

const now = 1_700_000_000_000_000n;
const minute = 60_000_000n;
const table = aTable({
  name: 't',
  clustering: { c: 'int' },
  statics: { sl: 'list<int>' },
  regulars: { l: 'list<int>' },
});
const otherTable = { ...table, name: 'other', id: '7'.repeat(32) };

function listChange(timestampMicros: bigint, { c = 1, of = table } = {}) {
  const cell = aCell(of, 'l', int(7), timestampMicros, { path: Buffer.alloc(16) });
  return anUpdate(of, { rows: [aRow({ clustering: [int(c)], cells: [cell] })] });
}

function staticListChange(timestampMicros: bigint) {
  const cell = aCell(table, 'sl', int(7), timestampMicros, { path: Buffer.alloc(16) });
  return anUpdate(table, { staticRow: aRow({ cells: [cell] }) });
}

describe('lists that were written ahead of the clock', () => {
  test('are written above that by the worker that takes over, until its clock has passed them', async () => {
    const partition = aPartition();
    const [first] = await (await partition.taken()).apply(listChange(now + minute));
    const next = await partition.taken();

    const [second] = await next.apply(listChange(now - minute));
    const [third] = await (await partition.taken()).apply(listChange(now - minute));
    expect(second).toBeGreaterThan(first!);
    expect(third).toBeGreaterThan(second!);

    partition.clock.now = now + 2n * minute;
    const [passed] = await (await partition.taken()).apply(listChange(now - minute));
    expect(passed).toBeGreaterThan(now + 2n * minute);
    expect(passed).toBeLessThan(now + 2n * minute + 1000n);
  });

  test('push no other list ahead: not of another row, nor the statics, nor another table’s', async () => {
    const partition = aPartition();
    await (await partition.taken()).apply(listChange(now + minute));
    const next = await partition.taken();
    const stamps = await next.apply(
      listChange(now, { c: 2 }),
      staticListChange(now),
      listChange(now, { of: otherTable }),
    );
    expect(stamps).toHaveLength(3);
    for (const stamp of stamps) expect(stamp).toBeLessThan(now + 1000n);
  });

  test('are not written at all by a worker that has lost the partition without knowing', async () => {
    const partition = aPartition();
    const frozen = await partition.taken();
    const next = await partition.taken();
    await expect(frozen.apply(listChange(now + minute))).rejects.toThrow(PartitionMovedError);
    expect(partition.stamps()).toEqual([]);
    expect(await next.apply(listChange(now + minute))).toHaveLength(1);
    // What the clock stamps it may still write: the other worker’s clock is past that.
    expect(await frozen.apply(listChange(now, { c: 2 }))).toHaveLength(1);
  });

  test('cost the journal nothing where the clock is ahead of their events', async () => {
    const partition = aPartition();
    const worker = await partition.taken();
    const before = partition.journalEntries();
    await worker.apply(listChange(now - minute), staticListChange(now - minute));
    expect(partition.journalEntries()).toBe(before);
  });
});

/** A changes partition whose workers come one after another. */
function aPartition() {
  const clock = aClock(now);
  const { bus, messages } = inMemoryBus();
  const target = inMemoryTarget(() => {});
  // A list that is not there on the source: its delete begins with its stamp.
  const stamps = () => target.taken.map(({ values }) => (values[0] as Buffer).readBigInt64BE());
  async function taken() {
    const parts = {
      source: inMemoryReader([]),
      target: inMemoryReader([]),
      writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 64 }),
      clock,
      window: keyspacesWindow,
      keyspace: 'moved',
      keeper: await SliceKeeper.open({ bus, clock }, 0),
      underWay: new PartitionsUnderWay(),
      deadLetters: { add: () => Promise.reject(new Error('nothing is buried here')) },
      parkIfPaused: async () => false,
      targetSkewMicros: 0n,
    };
    return {
      /** Answers the stamps of the lists that it has written. */
      async apply(...updates: ReturnType<typeof listChange>[]) {
        const before = target.taken.length;
        const context = {
          isMigrated: () => true,
          isRecopied: () => false,
          copies: new RecentUpdates(1).ofBatch(),
          handOverMicros: now - 600n * minute,
          nowMicros: clock.nowMicros(),
          window: keyspacesWindow,
        };
        await applyBatch(
          updates.map((update) => ({ update, event: undefined })),
          context,
          parts,
        );
        return stamps().slice(before);
      },
    };
  }
  return { taken, clock, stamps, journalEntries: () => messages('slices-0').length };
}
