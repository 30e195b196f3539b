import { describe, expect, test } from 'vitest';
import { createTargetWriter } from '../../src/apply/target-writer.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { joinPartitionKey } from '../../src/model/partition-key.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { applyBatch } from '../../src/stream/apply-batch.ts';
import { RecentUpdates } from '../../src/stream/copies.ts';
import { PartitionsUnderWay } from '../../src/stream/partitions-under-way.ts';
import { StaleBatchError } from '../../src/stream/refusals.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow, at } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { inMemoryTarget, refused } from '../support/in-memory-target.ts';

const hour = 3_600_000_000n;
const now = 1_700_000_000_000_000n;
const table = aTable({ name: 't', clustering: { c: 'int' }, regulars: { a: 'text', l: 'list<int>' } });

interface World {
  readonly source?: readonly MemoryRow[];
  readonly onTarget?: readonly MemoryRow[];
  readonly answer?: (cql: string, clock: ReturnType<typeof aClock>) => void;
  /** How many updates are known by their copies. */
  readonly remembered?: number;
}

async function aWorker({ source = [], onTarget = [], answer = () => {}, remembered = 100 }: World = {}) {
  const clock = aClock(now);
  const memory = inMemoryBus();
  const target = inMemoryTarget(({ cql }) => answer(cql, clock));
  const sourceReader = inMemoryReader(source);
  const letters: string[] = [];
  const recent = new RecentUpdates(remembered);
  const parts = {
    source: sourceReader,
    target: inMemoryReader(onTarget),
    writer: createTargetWriter({ target, clock, report: () => {}, maxInFlight: 64 }),
    clock,
    window: keyspacesWindow,
    keyspace: 'moved',
    keeper: await SliceKeeper.open({ bus: memory.bus, clock }, 0),
    underWay: new PartitionsUnderWay(),
    deadLetters: { add: async ({ errorClass }: { readonly errorClass: string }) => void letters.push(errorClass) },
    parkIfPaused: async () => false,
    targetSkewMicros: 0n,
  };
  const apply = (...updates: readonly PartitionUpdate[]) =>
    applyBatch(
      updates.map((update) => ({ update, event: undefined })),
      {
        isMigrated: () => true,
        isRecopied: () => false,
        copies: recent.ofBatch(),
        handOverMicros: now - 100n * hour,
        nowMicros: clock.nowMicros(),
        window: keyspacesWindow,
      },
      parts,
    );
  const written = (start: string) => target.taken.filter(({ cql }) => cql.startsWith(start)).length;
  const journaled = (kind: string) =>
    memory.messages('slices-0').filter(({ properties }) => properties.kind === kind).length;
  return { apply, letters, written, target, sourceReader, journaled };
}

const rowAt = (c: number, timestampMicros: bigint) =>
  anUpdate(table, { rows: [aRow({ clustering: [int(c)], cells: [aCell(table, 'a', text('x'), timestampMicros)] })] });

describe('a batch', () => {
  test('journals its slices before it writes anything', async () => {
    let journaledAtFirstWrite = -1;
    const worker = await aWorker({
      answer: () => {
        if (journaledAtFirstWrite < 0) journaledAtFirstWrite = worker.journaled('slice');
      },
    });
    await worker.apply(rowAt(1, now - hour), anUpdate(table, { partitionDeletion: at(now - 2n * hour) }));
    expect(journaledAtFirstWrite).toBe(1);
  });

  test('does not send what has a key above the limits of the target, and writes all else', async () => {
    const keyed = aTable({
      name: 'k',
      partitionKey: { id: 'text', part: 'text' },
      clustering: { c: 'text' },
      statics: { s: 'text' },
      regulars: { a: 'text' },
    });
    const long = 'c'.repeat(851);
    const rowsOf = (...keys: readonly string[]) =>
      keys.map((key) => aRow({ clustering: [text(key)], cells: [aCell(keyed, 'a', text('x'), now - hour)] }));
    const partition = (bytes: number) => joinPartitionKey([text('i'), Buffer.alloc(bytes - 1, 'p')]);
    const staticRow = aRow({ cells: [aCell(keyed, 's', text('x'), now - hour)] });
    const { apply, letters, target } = await aWorker();
    const { books } = await apply(
      anUpdate(keyed, { partitionKey: partition(2_048), staticRow, rows: rowsOf('a', long, 'b') }),
      anUpdate(keyed, { partitionKey: partition(2_049), rows: rowsOf('a') }),
      anUpdate(keyed, { partitionKey: partition(2_049), staticRow }),
      anUpdate(keyed, { partitionKey: partition(10), rows: rowsOf(long) }),
      // Gone over by what the target has, which is nothing.
      anUpdate(table, { partitionKey: Buffer.alloc(2_049), partitionDeletion: at(now - hour) }),
    );
    expect(books).toMatchObject({ received: 5, applied: 1, deadLettered: 4 });
    expect(letters).toEqual(Array(4).fill('OversizedRow'));
    expect(target.taken).toHaveLength(3);
  });

  test('reads no row again whose key is above them', async () => {
    const keyed = aTable({ name: 'k', clustering: { c: 'text' }, regulars: { a: 'text' } });
    const rows = ['c'.repeat(851), 'b'].map((c) =>
      aRow({ clustering: [text(c)], cells: [aCell(keyed, 'a', text('x'), now - 60n * hour)] }),
    );
    const { apply, letters, target, sourceReader } = await aWorker();
    const { books } = await apply(anUpdate(keyed, { rows }));
    expect(books).toMatchObject({ received: 1, deadLettered: 1 });
    expect(letters).toEqual(['OversizedRow']);
    expect(sourceReader.reads).toBe(1);
    expect(target.taken).toHaveLength(1);
  });

  test('goes over slices and lists of a change also where one of its rows has such a key', async () => {
    const keyed = aTable({ name: 'k', clustering: { c: 'text' }, regulars: { l: 'list<int>' } });
    const rows = ['c'.repeat(851), 'b'].map((c) =>
      aRow({ clustering: [text(c)], cells: [aCell(keyed, 'l', int(7), now - hour, { path: Buffer.alloc(16) })] }),
    );
    const range = { start: { values: [text('x')], isInclusive: true }, end: { values: [], isInclusive: true } };
    const gone = { values: { id: int(1), c: text('x') } };
    const { apply, letters, target, written } = await aWorker({ onTarget: [gone] });
    const { books } = await apply(anUpdate(keyed, { rows, rangeDeletions: [{ ...range, ...at(now - hour) }] }));
    expect(books).toMatchObject({ received: 1, deadLettered: 1 });
    expect(letters).toEqual(['OversizedRow']);
    expect(written('DELETE FROM')).toBe(1);
    const listKeys = target.taken.filter(({ cql }) => cql.startsWith('DELETE "l"')).map(({ values }) => values.at(-1));
    expect(listKeys.map(String).sort()).toEqual(['b', 'x']);
  });

  test('brings all else of a change to the target where it refuses one of its rows', async () => {
    const wide = aTable({ name: 'w', clustering: { c: 'int' }, regulars: { a: 'text', l: 'list<int>' } });
    const list = (c: number) =>
      aRow({ clustering: [int(c)], cells: [aCell(wide, 'l', int(7), now - hour, { path: Buffer.alloc(16) })] });
    const value = (c: number, timestampMicros: bigint) =>
      aRow({ clustering: [int(c)], cells: [aCell(wide, 'a', text('x'), timestampMicros)] });
    const range = { start: { values: [int(9)], isInclusive: true }, end: { values: [], isInclusive: true } };
    const update = anUpdate(wide, {
      rows: [value(1, now - hour), list(2), value(3, now - 60n * hour)],
      rangeDeletions: [{ ...range, ...at(now - hour) }],
    });
    const worker = await aWorker({
      source: [1, 2, 3].map((c) => ({ values: { id: int(1), c: int(c), l: Buffer.alloc(4) } })),
      onTarget: [{ values: { id: int(1), c: int(9) } }],
      answer: (cql) => {
        if (cql.startsWith('UPDATE') && cql.includes('"a" = ?')) throw refused();
      },
    });
    const { books } = await worker.apply(update);
    expect(books).toMatchObject({ received: 1, deadLettered: 1 });
    expect(worker.letters).toEqual(['RefusedWriteError']);
    // Its rows are read again, for one of them is old; then come the row under the slice, and the lists of the second.
    expect(['INSERT', 'DELETE FROM', 'UPDATE'].map(worker.written)).toEqual([3, 1, 1]);
  });

  test('has its older rows hidden by its own slices, whatever their order in it', async () => {
    const worker = await aWorker();
    const deletion = anUpdate(table, { partitionDeletion: at(now - hour) });
    const { books } = await worker.apply(rowAt(1, now - 2n * hour), deletion, rowAt(2, now - hour / 2n));
    expect(books).toMatchObject({ received: 3, superseded: 1, applied: 2 });
    expect(worker.written('UPDATE')).toBe(1);
  });

  test('writes a copy whose first is forgotten once more, the same cells at the same times', async () => {
    const { apply, target } = await aWorker({ remembered: 2 });
    const [first, ...others] = [1, 2, 3].map((c) => rowAt(c, now - hour));
    expect((await apply(first!)).books).toMatchObject({ applied: 1 });
    expect((await apply(first!)).books).toMatchObject({ applied: 0, duplicates: 1 });
    await apply(...others);
    expect((await apply(first!)).books).toMatchObject({ applied: 1, duplicates: 0 });
    expect(target.taken.at(-1)).toEqual(target.taken[0]);
    expect(target.taken).toHaveLength(4);
  });

  test('reads a row again once, however many of its changes ask', async () => {
    const worker = await aWorker();
    const old = now - 47n * hour;
    const { books } = await worker.apply(rowAt(1, old), rowAt(1, old + 1n), rowAt(1, old), rowAt(2, old));
    expect(books.recopied).toBe(4);
    expect(worker.sourceReader.reads).toBe(2);
  });

  test('reads a list again once, above the newest of the changes that touched it', async () => {
    const listChange = (timestampMicros: bigint) =>
      anUpdate(table, {
        rows: [
          aRow({
            clustering: [int(1)],
            cells: [aCell(table, 'l', int(7), timestampMicros, { path: Buffer.alloc(16) })],
          }),
        ],
      });
    const ahead = now + 60_000_000n;
    const worker = await aWorker();
    await worker.apply(listChange(now - hour), listChange(ahead), listChange(now - 2n * hour));
    expect(worker.sourceReader.reads).toBe(1);
    expect((worker.target.taken[0]!.values[0] as Buffer).readBigInt64BE()).toBeGreaterThan(ahead);
  });

  test('reads the lists of all rows again that a slice deletes, and writes them above it', async () => {
    const rows = [1, 2, 3, 4, 5].map((c) => ({ values: { id: int(1), c: int(c), l: Buffer.alloc(4) } }));
    const ahead = now + 60_000_000n;
    const worker = await aWorker({ onTarget: rows });
    await worker.apply(anUpdate(table, { partitionDeletion: at(ahead) }));
    const listDeletes = worker.target.taken.filter(({ cql }) => cql.startsWith('DELETE "l"'));
    const stamps = listDeletes.map(({ values }) => (values[0] as Buffer).readBigInt64BE());
    expect([worker.sourceReader.reads, worker.written('DELETE FROM'), stamps.length]).toEqual([5, 5, 5]);
    for (const stamp of stamps) expect(stamp).toBeGreaterThan(ahead);
    expect(worker.journaled('list-stamp')).toBe(5);
  });

  test('buries what the target refuses, and only that', async () => {
    const worker = await aWorker({
      answer: (cql) => {
        if (cql.startsWith('DELETE')) throw refused();
      },
    });
    const deletion = anUpdate(table, { rows: [aRow({ clustering: [int(2)], deletion: at(now - hour) })] });
    const { books } = await worker.apply(rowAt(1, now - hour), deletion);
    expect(books).toMatchObject({ applied: 1, deadLettered: 1 });
    expect(worker.letters).toEqual(['RefusedWriteError']);
  });

  test('buries what nothing can be made of', async () => {
    const twoKeys = aTable({ partitionKey: { a: 'int', b: 'int' }, regulars: { v: 'text' } });
    const broken = anUpdate(twoKeys, {
      partitionKey: Buffer.from([0]),
      rows: [aRow({ cells: [aCell(twoKeys, 'v', text('x'), now - hour)] })],
    });
    const worker = await aWorker();
    const { books } = await worker.apply(rowAt(1, now - hour), broken);
    expect(books).toMatchObject({ applied: 1, deadLettered: 1 });
    expect(worker.letters).toEqual(['RangeError']);
  });

  test('is decided again when the target was away until its changes were too old for it', async () => {
    const worker = await aWorker({
      answer: (_, clock) => {
        clock.now += 47n * hour;
        throw refused('timestamp out of bounds');
      },
    });
    await expect(worker.apply(rowAt(1, now - hour))).rejects.toBeInstanceOf(StaleBatchError);
    expect(worker.letters).toEqual([]);
  });
});
