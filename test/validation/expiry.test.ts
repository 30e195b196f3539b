import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Table } from '../../src/model/table.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { PackedRead } from '../../src/ports/table-reader.ts';
import { compareSplit } from '../../src/validation/compare-split.ts';
import { mayEndTogether } from '../../src/validation/expiry.ts';
import { isEqualReport } from '../../src/validation/report.ts';
import { aClock, type SteppedClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { compareInMemory } from './compare-in-memory.ts';

const plain = aTable({ clustering: { at: 'int' }, regulars: { a: 'text', b: 'text' } });
const withStatics = aTable({
  clustering: { at: 'int' },
  statics: { owner: 'text' },
  regulars: { a: 'text', b: 'text' },
});
const ring = { start: minToken, end: maxToken };

describe('two remaining times', () => {
  const at = (from: number, to = from) => ({ from, to });

  test.each([
    { one: 100, other: 100, away: 0, together: true },
    { one: 100, other: 103, away: 0, together: true },
    { one: 100, other: 104, away: 0, together: false },
    { one: 104, other: 100, away: 0, together: false },
    { one: 100, other: 60, away: 40, together: true },
    { one: 100, other: 100, away: 40, together: false },
    { one: null, other: null, away: 0, together: true },
    { one: 100, other: null, away: 0, together: false },
    { one: null, other: 0, away: 0, together: false },
  ])('$one and, $away s later, $other: $together', ({ one, other, away, together }) => {
    expect(mayEndTogether(one, at(1_000), other, at(1_000 + away), 2)).toBe(together);
  });

  test('are of one end wherever within the readings they were told', () => {
    const instants = fc.integer({ min: 0, max: 5_000 }).map((n) => n / 1_000);
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 1_000 }), instants, instants, (end, toldOne, toldOther) => {
        const left = (told: number) => Math.floor(end - told);
        expect(mayEndTogether(left(toldOne), at(0, 5), left(toldOther), at(0, 5), 0)).toBe(true);
        expect(mayEndTogether(left(toldOne), at(toldOne), left(toldOther), at(toldOther), 0)).toBe(true);
      }),
    );
  });
});

describe('rows that end', () => {
  test.each([
    ['at about the same time', { a: 500 }, { a: 502 }, []],
    ['at another time', { a: 500, b: 500 }, { a: 500, b: 510 }, ['TTL(b)']],
    ['on one side only', { a: 500 }, {}, ['TTL(a)']],
    ['on the other side only', {}, { a: 500, b: 500 }, ['TTL(a)', 'TTL(b)']],
    ['nowhere', {}, {}, []],
  ])('%s', async (_, source, target, columns) => {
    const { differing, ...sums } = await compare(plain, [row({ ttl: source })], [row({ ttl: target })]);

    expect(differing.map((each) => each.columns)).toEqual(columns.length === 0 ? [] : [columns]);
    // Outside the digest, which would be another one with every reading.
    expect(sums.source).toEqual(sums.target);
  });

  test('a value that differs is told as such, however long it lives', async () => {
    const { differing } = await compare(plain, [row({ ttl: { a: 5 } })], [row({ ttl: { a: 900 }, a: 'other' })]);
    expect(differing.map(({ columns }) => columns)).toEqual([['a']]);
  });

  test('static values that end at other times count once a partition', async () => {
    const rows = (owner: number) => [1, 2, 3].map((at) => row({ at, owner: 'ann', ttl: { owner } }));
    const { differing } = await compare(withStatics, rows(500), rows(600));
    expect(differing.map(({ key, columns }) => [key.clustering, columns])).toEqual([[[], ['TTL(owner)']]]);
  });

  test('a wider tolerance is the operator’s to give', async () => {
    const sides = [[row({ ttl: { a: 500 } })], [row({ ttl: { a: 520 } })]] as const;
    expect((await compare(plain, ...sides)).differing).toHaveLength(1);
    expect((await compare(plain, ...sides, { expiryTolerance: 30 })).differing).toEqual([]);
  });

  test.each([
    ['with static columns', withStatics],
    ['without', plain],
  ])('exactly those that end apart are found, whatever the pages and however long they take: %s', async (_, table) => {
    const ends = fc.option(fc.integer({ min: 1_000, max: 5_000 }), { nil: undefined });
    const pairs = fc.array(fc.tuple(ends, fc.option(fc.constantFrom(0, 1, 20, 3_000), { nil: undefined })), {
      maxLength: 30,
    });
    const pages = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    const delays = fc.array(fc.constantFrom(0, 0.4, 7), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(pairs, pages, pages, delays, async (of, sourcePages, targetPages, slow) => {
        const clock = aClock(0n);
        const side = (end: (typeof of)[number][0], at: number) => row({ at, ...(end && { ttl: { a: end } }) });
        const source = of.map(([end], at) => side(end, at));
        const target = of.map(([end, more], at) => side(more === undefined || !end ? more : end + more, at));
        const compared = await compareSplit({
          sides: {
            source: fading(source, sourcePages, clock, slow),
            target: fading(target, targetPages, clock, slow.toReversed()),
          },
          table,
          range: ring,
          clock,
        });

        const apart = of.flatMap(([end, more], at) => {
          const other = more === undefined || !end ? more : end + more;
          return (end ?? 0) === (other ?? 0) || (end && other && other - end <= 1) ? [] : [at];
        });
        const found = compared.differing.map(({ key }) => key.clustering[0]!.readInt32BE());
        // Where readings take seconds some that lie less far apart are let be; none is found that is not there.
        const isSlow = slow.some((seconds) => seconds > 0);
        const certain = isSlow ? apart.filter((at) => of[at]![1] !== 20 || !of[at]![0]) : apart;
        expect(apart).toEqual(expect.arrayContaining(found));
        expect(found).toEqual(expect.arrayContaining(certain));
        expect(compared.source).toEqual(compared.target);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a row that only ends at another time', () => {
  test('is a mismatch once no change can be on its way', async () => {
    const clock = aClock(0n);
    const [source, target] = [inMemoryReader([]), inMemoryReader([])];
    const look = () => {
      source.rows = [rowAt(row({ ttl: { a: 5_000 } }), clock)];
      target.rows = [rowAt(row({ ttl: { a: 5_400 } }), clock)];
      return clock.now;
    };
    look();

    const report = await compareInMemory(
      { source, target },
      { tables: [{ table: plain, splits: 2 }], clock, streamTime: look },
    );

    expect(report.differences).toMatchObject([{ kind: 'mismatch', columns: ['TTL(a)'] }]);
    expect(isEqualReport(report)).toBe(false);
  });

  test('is pending while the application writes it again and again', async () => {
    const clock = aClock();
    const source = inMemoryReader([]);
    const report = await compareInMemory(
      { source, target: inMemoryReader([row({ ttl: { a: 100 } })]) },
      {
        tables: [{ table: plain, splits: 2 }],
        clock,
        streamTime: () => {
          source.rows = [row({ ttl: { a: 1_000 } })];
          return clock.now;
        },
      },
    );
    expect(report.tables[0]).toMatchObject({ pending: 1, mismatched: 0 });
  });
});

function compare(
  table: Table,
  source: readonly MemoryRow[],
  target: readonly MemoryRow[],
  more: { expiryTolerance?: number } = {},
) {
  const sides = { source: inMemoryReader(source), target: inMemoryReader(target) };
  return compareSplit({ sides, table, range: ring, clock: aClock(), ...more });
}

interface Parts {
  readonly at?: number;
  readonly a?: string;
  readonly owner?: string;
  readonly ttl?: Readonly<Record<string, number>>;
}

function row({ at = 1, a = 'x', owner, ttl = {} }: Parts): MemoryRow {
  const values = { id: int(1), at: int(at), a: text(a), b: text('y'), ...(owner && { owner: text(owner) }) };
  return { values, ttlSeconds: ttl };
}

/** A side whose TTLs are instants of the clock, and whose pages take their time, before they are read and until they are there. */
function fading(
  rows: readonly MemoryRow[],
  pageSizes: readonly number[],
  clock: SteppedClock,
  slow: readonly number[],
) {
  let waits = 0;
  const wait = () => {
    clock.now += BigInt(Math.round(slow[waits++ % slow.length]! * 1e6));
  };
  async function* readPacked(read: PackedRead) {
    for (let first = 0, page = 0; first < rows.length; page++) {
      const size = pageSizes[page % pageSizes.length]!;
      wait();
      const now = rows.slice(first, first + size).map((each) => rowAt(each, clock));
      wait();
      yield* inMemoryReader(now, [size]).readPacked(read);
      first += size;
    }
  }
  return { ...inMemoryReader(rows), readPacked };
}

/** Of a row whose TTLs are instants, seconds of the clock, how it is seen now. */
function rowAt({ values, ttlSeconds = {} }: MemoryRow, clock: Clock): MemoryRow {
  const left = (end: number) => Math.floor(end - Number(clock.nowMicros()) / 1e6);
  return { values, ttlSeconds: Object.fromEntries(Object.entries(ttlSeconds).map(([name, end]) => [name, left(end)])) };
}
