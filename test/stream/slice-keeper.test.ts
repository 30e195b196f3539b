import { describe, expect, test } from 'vitest';
import type { JournalSlice } from '../../src/model/slice-journal.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
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
