import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ComparedSplit } from '../../src/model/compared-split.ts';
import type { Table } from '../../src/model/table.ts';
import { maxToken, minToken } from '../../src/model/token.ts';
import { compareSplit } from '../../src/validation/compare-split.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryReader, type MemoryRow, packPage } from '../support/in-memory-reader.ts';
import { changedRows, pageSizes, row, rowSets } from './random-rows.ts';

const ring = { start: minToken, end: maxToken };
const table = aTable({
  clustering: { at: 'int' },
  descending: ['at'],
  statics: { owner: 'text' },
  regulars: { a: 'text', b: 'text' },
});

const plain = aTable({ clustering: { at: 'int' }, regulars: { a: 'text', b: 'text' } });

describe('compareSplit', () => {
  test('two sides of equal rows have no differences and equal sums', async () => {
    const rows = [row(1, 1, { a: 'x' }), row(1, 2, { a: 'y', b: 'z' }), row(2, 1, {})];

    const compared = await compare(rows, rows);

    expect(compared.differing).toEqual([]);
    expect(compared.source).toEqual(compared.target);
    expect(compared.source.rows).toBe(3n);
  });

  test('a value that differs is told by the names of its columns', async () => {
    const compared = await compare([row(1, 1, { a: 'x', b: 'same' })], [row(1, 1, { a: 'y', b: 'same' })]);

    expect(found(compared)).toEqual(['1/1 both a']);
    expect(compared.source.digest).not.toBe(compared.target.digest);
  });

  test('an empty value and no value are different', async () => {
    const compared = await compare([row(1, 1, { a: '' })], [row(1, 1, {})]);

    expect(found(compared)).toEqual(['1/1 both a']);
  });

  test('a static value that differs counts once for its partition, not once a row', async () => {
    const rows = (owner: string) => [row(1, 1, { a: 'x', owner }), row(1, 2, { a: 'y', owner })];

    const compared = await compare(rows('ann'), rows('bob'));

    expect(found(compared)).toEqual(['1/ both owner']);
    expect(compared.source.rows).toBe(2n);
  });

  test('a partition of static values only is compared by them', async () => {
    const compared = await compare([row(1, undefined, { owner: 'ann' })], []);

    expect(found(compared)).toEqual(['1/ source ']);
  });

  test('a long stretch that only the source has does not hide what follows', async () => {
    const both = Array.from({ length: 50 }, (_, id) => row(id, 1, { a: 'x' }));
    const one = Array.from({ length: 500 }, (_, at) => row(7, at + 2, { a: 'only here' }));

    const compared = await compare([...both, ...one], both);

    expect(compared.differing).toHaveLength(500);
    expect(compared.target.rows).toBe(50n);
  });

  test('a failure of one side is thrown, and the reading of the other one is ended', async () => {
    let isClosed = false;
    const endless = {
      ...inMemoryReader([]),
      async *readPacked() {
        try {
          for (;;)
            yield packPage([{ values: [int(1), int(1), null, null, null], ttlSeconds: [], writeTimesMicros: [] }]);
        } finally {
          isClosed = true;
        }
      },
    };
    const broken = {
      ...endless,
      // biome-ignore lint/correctness/useYield: it fails before it has a page
      async *readPacked(): AsyncGenerator<never> {
        throw new Error('target is gone');
      },
    };

    await expect(
      compareSplit({ sides: { source: endless, target: broken }, table, range: ring, clock: aClock() }),
    ).rejects.toThrow('target is gone');
    expect(isClosed).toBe(true);
  });

  test('keys beyond those to be kept are counted', async () => {
    const rows = Array.from({ length: 10 }, (_, id) => row(id, 1, { a: 'x' }));

    const compared = await compare(rows, [], { mostKept: 4 });

    expect(compared.differing).toHaveLength(4);
    expect(compared.notKept).toBe(6);
  });

  test.each([
    ['with static columns', table, { owner: 'ann' }],
    ['without static columns', plain, {}],
  ])('the digest is the same whether rows were compared whole or one by one: %s', async (_, of, statics) => {
    const rows = Array.from({ length: 40 }, (_, n) =>
      row(n >> 3, n & 7, { a: `${n}`, ...(n % 3 === 0 ? {} : { b: '' }), ...(n < 24 && statics) }),
    );
    const digestOf = async (source: readonly MemoryRow[], target: readonly MemoryRow[]) =>
      (await compare(source, target, { of })).source.digest;

    // Nothing on the other side: no row is taken whole.
    expect(await digestOf(rows, rows)).toBe(await digestOf(rows, []));
  });

  test.each([
    ['with static columns', table],
    ['without static columns', plain],
  ])('whatever the rows and the sizes of the pages, exactly the true differences are found: %s', async (_, of) => {
    const hasStatics = of === table;
    await fc.assert(
      fc.asyncProperty(
        rowSets(hasStatics),
        fc.array(fc.nat(), { maxLength: 4 }),
        rowSets(hasStatics),
        pageSizes(),
        pageSizes(),
        async (source, changed, others, sourcePages, targetPages) => {
          const target = changedRows(source, { changed, others, hasStatics });
          const compared = await compareSplit({
            sides: { source: inMemoryReader(source, sourcePages), target: inMemoryReader(target, targetPages) },
            table: of,
            range: ring,
            clock: aClock(),
          });

          expect(found(compared).sort()).toEqual(trueDifferences(source, target).sort());
          expect(compared.source.digest === compared.target.digest).toBe(compared.differing.length === 0);
          // With nothing on the other side every row goes alone.
          expect(compared.source.digest).toBe((await compare(source, [], { of })).source.digest);
          expect(compared.target.digest).toBe((await compare(target, [], { of })).source.digest);
          expect(compared.source.rows).toBe(countRows(source));
          expect(compared.target.rows).toBe(countRows(target));
        },
      ),
      { numRuns: 400 },
    );
  });
});

function compare(
  source: readonly MemoryRow[],
  target: readonly MemoryRow[],
  more: { mostKept?: number; of?: Table } = {},
) {
  const { of = table, ...limits } = more;
  return compareSplit({
    sides: { source: inMemoryReader(source), target: inMemoryReader(target) },
    table: of,
    range: ring,
    clock: aClock(),
    ...limits,
  });
}

/** `id/clustering`, who has it, and what differs. */
function found(compared: ComparedSplit): string[] {
  return compared.differing.map(({ key, columns, source, target }) => {
    const clustering = key.clustering.map((value) => value.readInt32BE()).join();
    const who = source.isPresent && target.isPresent ? 'both' : source.isPresent ? 'source' : 'target';
    return `${key.partitionKey[0]!.readInt32BE()}/${clustering} ${who} ${columns.join()}`;
  });
}

function countRows(rows: readonly MemoryRow[]): bigint {
  return BigInt(rows.filter((each) => each.values.at !== undefined).length);
}

function trueDifferences(source: readonly MemoryRow[], target: readonly MemoryRow[]): string[] {
  const left = flatten(source);
  const right = flatten(target);
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) => {
    const [a, b] = [left.get(key), right.get(key)];
    if (!a || !b) return [`${key} ${a ? 'source' : 'target'} `];
    const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
    const columns = names.filter((name) => a[name] !== b[name]);
    return columns.length > 0 ? [`${key} both ${columns.join()}`] : [];
  });
}

function flatten(rows: readonly MemoryRow[]): Map<string, Record<string, string>> {
  const flat = new Map<string, Record<string, string>>();
  for (const { values } of rows) {
    const { id, at, owner, ...regular } = values;
    if (owner) flat.set(`${id!.readInt32BE()}/`, { owner: owner.toString() });
    if (at)
      flat.set(
        `${id!.readInt32BE()}/${at.readInt32BE()}`,
        Object.fromEntries(Object.entries(regular).map(([name, value]) => [name, value.toString()])),
      );
  }
  return flat;
}
