import { describe, expect, test } from 'vitest';
import type { JournalSlice } from '../../src/model/slice-journal.ts';
import { sliceJournal } from '../../src/model/topics.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { PartitionMovedError } from '../../src/stream/partition-moved-error.ts';
import { decodeSlice, encodeSlice } from '../../src/stream/slice-codec.ts';
import { SliceKeeper } from '../../src/stream/slice-keeper.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

const clock = aClock();
const table = aTable({ clustering: { c: 'int' }, statics: { st: 'text' }, regulars: { a: 'text' } });

function aSlice(parts: Partial<JournalSlice> = {}): JournalSlice {
  return { tableId: table.id, partitionKey: int(1), timestampMicros: 100n, decision: 'apply', ...parts };
}

function aRange(from: number, to: number): NonNullable<JournalSlice['range']> {
  return { start: { values: [int(from)], isInclusive: true }, end: { values: [int(to)], isInclusive: false } };
}

const rowAt = (c: number, timestampMicros: bigint) =>
  anUpdate(table, { rows: [aRow({ clustering: [int(c)], cells: [aCell(table, 'a', text('x'), timestampMicros)] })] });

describe('a slice in its journal', () => {
  test.each([
    ['partition', aSlice()],
    ['range', aSlice({ range: aRange(1, 5), decision: 'recopy' })],
    ['range without an end', aSlice({ range: { ...aRange(1, 5), end: { values: [], isInclusive: true } } })],
    [
      'range of empty values',
      aSlice({ range: { ...aRange(1, 5), start: { values: [Buffer.alloc(0)], isInclusive: true } } }),
    ],
    ['time before 1970', aSlice({ timestampMicros: -(2n ** 63n) + 1n })],
  ])('is read as it was written: a %s', (_, slice) => {
    expect(decodeSlice(encodeSlice(slice))).toEqual(slice);
  });
});

describe('SliceKeeper', () => {
  test('hides what is not younger, under its range only', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    await keeper.keep([aSlice({ range: aRange(1, 5) })]);
    expect(keeper.withoutCovered(rowAt(1, 100n))).toBeUndefined();
    expect(keeper.withoutCovered(rowAt(1, 101n))).toEqual(rowAt(1, 101n));
    expect(keeper.withoutCovered(rowAt(5, 100n))).toEqual(rowAt(5, 100n));
    expect(keeper.withoutCovered({ ...rowAt(1, 100n), partitionKey: int(2) })).toBeDefined();
  });

  test('hides what a recopy would bring back, statics only under a whole partition', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    const under = (clustering: readonly Buffer[] | undefined, timestampMicros = 50n) =>
      keeper.isHidden({ table, partitionKey: [int(1)], clustering, timestampMicros });
    await keeper.keep([aSlice({ range: aRange(1, 5) })]);
    expect([under([int(2)]), under([int(2)], 101n), under([int(7)]), under(undefined)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    await keeper.keep([aSlice()]);
    expect([under([int(7)]), under(undefined)]).toEqual([true, true]);
  });

  test('hides nothing under a slice that was not applied, but goes over it again', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    await keeper.keep([aSlice({ decision: 'recopy' })]);
    expect(keeper.withoutCovered(rowAt(1, 1n))).toEqual(rowAt(1, 1n));
    expect(keeper.isHidden({ table, partitionKey: [int(1)], clustering: [int(1)], timestampMicros: 1n })).toBe(false);
    expect(keeper.slices()).toHaveLength(1);
  });

  test('knows from its journal what an earlier worker kept', async () => {
    const { bus } = inMemoryBus();
    const slices = [aSlice({ range: aRange(1, 5) }), aSlice({ partitionKey: int(2) })];
    await (await SliceKeeper.open({ bus, clock }, 3)).keep(slices);
    expect((await SliceKeeper.open({ bus, clock }, 3)).slices()).toEqual(slices);
    expect((await SliceKeeper.open({ bus, clock }, 4)).slices()).toEqual([]);
  });

  test('lets the next one read what still counts, however many deletes there have been', async () => {
    const { bus, messages, acknowledged } = inMemoryBus();
    const keeper = await SliceKeeper.open({ bus, clock }, 3);
    const now = clock.nowMicros();
    const ahead = {
      table,
      partitionKey: [int(1)],
      clustering: [int(1)],
      isStatic: false,
      eventMicros: now + 60_000_000n,
    };
    await keeper.listStamps.next(ahead, now);
    const live = [aSlice({ partitionKey: int(2) }), aSlice({ range: aRange(1, 5) })];
    await keeper.keep(live);
    for (let timestampMicros = 1n; timestampMicros < 6_000n; timestampMicros++)
      await keeper.keep([aSlice({ timestampMicros })]);
    await keeper.shortenJournal(now);
    keeper.forget([aSlice({ timestampMicros: 5_999n })]);

    expect(messages(sliceJournal(3)).length - acknowledged(sliceJournal(3))).toBe(4);
    const next = await SliceKeeper.open({ bus, clock }, 3);
    expect(next.slices()).toHaveLength(3);
    expect(next.slices()).toEqual(expect.arrayContaining([...live, aSlice({ timestampMicros: 5_999n })]));
    expect(await next.listStamps.next({ ...ahead, eventMicros: now }, now)).toBeGreaterThan(ahead.eventMicros);
  });

  test('leaves a journal alone that is hardly longer than what counts of it', async () => {
    const { bus, acknowledged } = inMemoryBus();
    const keeper = await SliceKeeper.open({ bus, clock }, 3);
    for (let key = 0; key < 6_000; key++) await keeper.keep([aSlice({ partitionKey: int(key) })]);
    await keeper.shortenJournal(clock.nowMicros());
    expect(acknowledged(sliceJournal(3))).toBe(0);
  });

  test('loses nothing where it dies between keeping again and the new beginning', async () => {
    const { bus } = inMemoryBus();
    const dying = { ...bus, subscribe: () => Promise.reject(new Error('the worker died')) };
    const keeper = await SliceKeeper.open({ bus: dying, clock }, 3);
    for (let timestampMicros = 1n; timestampMicros < 6_000n; timestampMicros++)
      await keeper.keep([aSlice({ timestampMicros })]);
    await expect(keeper.shortenJournal(0n)).rejects.toThrow('died');
    expect((await SliceKeeper.open({ bus, clock }, 3)).slices()).toEqual([aSlice({ timestampMicros: 5_999n })]);
  });

  test('that was fenced while it kept again leaves the journal as it is', async () => {
    const { bus, acknowledged } = inMemoryBus();
    const stale = await SliceKeeper.open({ bus, clock }, 3);
    for (let timestampMicros = 1n; timestampMicros < 6_000n; timestampMicros++)
      await stale.keep([aSlice({ timestampMicros })]);
    const next = await SliceKeeper.open({ bus, clock }, 3);
    await next.keep([aSlice({ partitionKey: int(9) })]);

    await expect(stale.shortenJournal(0n)).rejects.toThrow(PartitionMovedError);
    expect(acknowledged(sliceJournal(3))).toBe(0);
    expect((await SliceKeeper.open({ bus, clock }, 3)).slices()).toHaveLength(2);
  });

  test('keeps nothing of the messages in which its slices came', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    const aBatch = Buffer.alloc(2 ** 20, 7);
    const bound = { values: [aBatch.subarray(4, 8)], isInclusive: true };
    const ofBatch = { partitionKey: aBatch.subarray(0, 4), range: { start: bound, end: bound } };
    await keeper.keep([aSlice(ofBatch)]);
    const [kept] = keeper.slices();
    expect(kept).toEqual(aSlice(ofBatch));
    const bytes = [kept!.partitionKey, ...kept!.range!.start.values, ...kept!.range!.end.values];
    expect(bytes.every(({ buffer }) => buffer !== aBatch.buffer)).toBe(true);
  });

  test.each([
    ['a key with every byte', { partitionKey: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)) }],
    ['an empty key', { partitionKey: Buffer.alloc(0) }],
    ['a range without an end', { range: { ...aRange(1, 5), end: { values: [], isInclusive: true } } }],
  ])('gives back what it was given: %s', async (_, parts) => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    await keeper.keep([aSlice(parts)]);
    expect(keeper.slices()).toEqual([aSlice(parts)]);
  });

  test('keeps of deletes of one range the latest, in whatever order they come', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    const [early, late] = [100n, 200n].map((timestampMicros) => aSlice({ timestampMicros, range: aRange(1, 5) }));
    await keeper.keep([late!, early!, late!]);
    expect(keeper.slices()).toEqual([late]);
  });

  test('answers the slices of the tokens that are asked for', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    await keeper.keep([aSlice(), aSlice({ tableId: '3'.repeat(32) })]);
    expect(keeper.slices((tableId) => tableId === table.id)).toEqual([aSlice()]);
  });

  test('ends an entry once the window and the snapshot are behind it, unless a later delete took its place', async () => {
    const keeper = await SliceKeeper.open({ bus: inMemoryBus().bus, clock }, 0);
    const now = 1_000_000_000_000_000n;
    const old = aSlice({ timestampMicros: now - keyspacesWindow.pastMicros });
    await keeper.keep([old, aSlice({ partitionKey: int(2), timestampMicros: now })]);
    expect(keeper.spentSlices(now, () => undefined, keyspacesWindow)).toEqual([]);
    const spent = keeper.spentSlices(now, () => 0n, keyspacesWindow);
    expect(spent).toEqual([old]);
    await keeper.keep([{ ...old, timestampMicros: now }]);
    keeper.forget(spent);
    expect(keeper.slices()).toHaveLength(2);
  });
});
