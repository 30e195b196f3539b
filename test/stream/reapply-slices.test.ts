import { expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import { floorOf, keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { reapplySlices } from '../../src/stream/reapply-slices.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';
import { inMemoryTarget, type MemoryTarget, refused } from '../support/in-memory-target.ts';

const hour = 3_600_000_000n;
const now = 1_700_000_000_000_000n;
const table = aTable({ clustering: { c: 'int' }, regulars: { a: 'text' } });
const row = { values: { id: int(1), c: int(2), a: text('x') } };

interface Slice {
  readonly decision: 'apply' | 'recopy';
  readonly hoursAgo: bigint;
}

/** Goes over partition deletes of the row's partition; the row is on both sides. Answers the stamps of what was written. */
async function stampsAfter(...slices: readonly Slice[]) {
  return goOver(slices, inMemoryTarget());
}

async function goOver(slices: readonly Slice[], target: MemoryTarget) {
  const clock = aClock(now);
  const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
  const letters: string[] = [];
  const source = inMemoryReader([row]);
  const parts = {
    keeper,
    source,
    target: inMemoryReader([row]),
    writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 8 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
    deadLetters: { add: async ({ errorClass }: { readonly errorClass: string }) => void letters.push(errorClass) },
    handOverMicros: now - 100n * hour,
    tableById: (id: string) => (id === table.id ? table : undefined),
  };
  const journal = slices.map(({ decision, hoursAgo }) => ({
    tableId: table.id,
    partitionKey: int(1),
    timestampMicros: now - hoursAgo * hour,
    decision,
  }));
  await reapplySlices(journal, parts);
  const stamps = target.taken.map(({ cql, values }) =>
    (values[cql.startsWith('INSERT') ? values.length - 2 : 0] as Buffer).readBigInt64BE(),
  );
  return { stamps, reads: source.reads, letters };
}

test('a slice that was applied deletes at its own time once more', async () => {
  expect(await stampsAfter({ decision: 'apply', hoursAgo: 1n })).toEqual({
    stamps: [now - hour],
    reads: 0,
    letters: [],
  });
});

test('one that has grown too old since is looked up on the source, once a partition', async () => {
  const { stamps, reads } = await stampsAfter(
    { decision: 'apply', hoursAgo: 46n },
    { decision: 'recopy', hoursAgo: 47n },
  );
  expect(reads).toBe(1);
  expect(stamps).toHaveLength(1);
});

test('one that was never applied is not now: rows under it came by reading, with older stamps than its own', async () => {
  const { stamps } = await stampsAfter({ decision: 'recopy', hoursAgo: 1n });
  expect(stamps).toHaveLength(1);
  expect(stamps[0]).toBeLessThanOrEqual(floorOf(now + hour, keyspacesWindow));
});

test('what the target refuses of one slice becomes a dead letter, and the others are gone over', async () => {
  const target = inMemoryTarget(({ values }) => {
    if ((values[0] as Buffer).readBigInt64BE() === now - hour) throw refused();
  });
  const slices = [
    { decision: 'apply', hoursAgo: 1n },
    { decision: 'apply', hoursAgo: 2n },
  ] as const;
  expect(await goOver(slices, target)).toEqual({ stamps: [now - 2n * hour], reads: 0, letters: ['RefusedWriteError'] });
});
