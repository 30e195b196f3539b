import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ComparedSplit } from '../../src/model/compared-split.ts';
import { maxToken, minToken, type TokenRange } from '../../src/model/token.ts';
import type { Sides } from '../../src/validation/compare-split.ts';
import type { ComparisonMemory, TableToCompare } from '../../src/validation/compare-table.ts';
import type { TablesToCompare } from '../../src/validation/compare-tables.ts';
import { lookUpTarget } from '../../src/validation/look-up-target.ts';
import { isEqualReport, reportJson, type ValidationReport } from '../../src/validation/report.ts';
import { aTable, int } from '../support/a-table.ts';
import { inMemoryReader, type MemoryReader, type MemoryRow, md5Token } from '../support/in-memory-reader.ts';
import { compareInMemory } from './compare-in-memory.ts';
import { changedRows, pageSizes, row, rowSets } from './random-rows.ts';

const plain = aTable({ clustering: { at: 'int' }, regulars: { a: 'text', b: 'text' } });
const withStatics = aTable({
  clustering: { at: 'int' },
  descending: ['at'],
  statics: { owner: 'text' },
  regulars: { a: 'text', b: 'text' },
});

describe('a target with other tokens', () => {
  test('read by the ranges of the source it would hide rows that only it has', async () => {
    const [source, target] = [partitions(20), partitions(21)];

    const byTokens = await compare({ source: inMemoryReader(source), target: otherRing(target) });
    expect(isEqualReport(byTokens)).toBe(true);

    expect(isEqualReport(await compare(lookedUp(source, target)))).toBe(false);
    expect(isEqualReport(await compare(lookedUp(target, target)))).toBe(true);
  });

  test.each([
    ['with static columns', withStatics],
    ['without static columns', plain],
  ])('is compared with the result of a target that has the tokens of the source: %s', async (_, table) => {
    const hasStatics = table === withStatics;
    await fc.assert(
      fc.asyncProperty(
        rowSets(hasStatics),
        fc.array(fc.nat(), { maxLength: 4 }),
        rowSets(hasStatics),
        fc.tuple(pageSizes(), pageSizes()),
        cuts(),
        async (source, changed, others, [sourcePages, targetPages], splits) => {
          const target = changedRows(source, { changed, others, hasStatics });
          const readers = { source: inMemoryReader(source, sourcePages), target: inMemoryReader(target, targetPages) };

          const byTokens = await compare(readers, { tables: [{ table, splits }] });
          const byKeys = await compare(lookedUp(source, target, [sourcePages, targetPages]), {
            tables: [{ table, splits }],
          });

          expect(foundIn(byKeys)).toEqual(foundIn(byTokens));
        },
      ),
      { numRuns: 100 },
    );
  });

  test('an extra partition is found wherever it lies on either ring, whatever the number of splits', async () => {
    const rows = partitions(12);
    for (const extra of rows) {
      const source = rows.filter((each) => !each.values.id!.equals(extra.values.id!));
      for (const splits of [1, 5]) {
        const report = await compare(lookedUp(source, rows), { tables: [{ table: plain, splits }] });
        expect(report.tables[0]).toMatchObject({ extra: 2, missing: 0, sourceRows: 22n, targetRows: 24n });
      }
    }
  });

  test('of a part of the ring only what lies in it is compared', async () => {
    const ranges = [{ start: 0n, end: maxToken }];
    const [source, target] = [partitions(0), partitions(40)];
    const report = await compare(lookedUp(source, target), { tables: [{ table: plain, splits: ranges }] });

    const whole = await compare(lookedUp(source, target));
    expect(report.tables[0]!.extra).toBeGreaterThan(0);
    expect(report.tables[0]!.extra).toBeLessThan(whole.tables[0]!.extra);
    expect(whole.tables[0]!.extra).toBe(80);
  });

  test('where nothing is to be compared no row of it is read', async () => {
    const reads = countReads(lookedUp(partitions(3), partitions(3)));
    await compare(reads.sides, { tables: [{ table: plain, splits: [] }] });
    expect(reads.ofTarget).toEqual({ readAll: 0, readPartition: 0 });
  });

  test('where the keys are known that may differ, only they are looked for', async () => {
    const [source, target] = [partitions(4), partitions(9)];
    const reads = countReads(lookedUp(source, target));
    const ring = [{ start: minToken, end: maxToken }];
    const keys = [1, 6, 7, 100].map(int);

    const report = await compare(reads.sides, { tables: [{ table: plain, splits: ring, keys }] });

    expect(reads.ofTarget.readAll).toBe(0);
    expect(foundIn(report).differences).toEqual(['extra 6/1 ', 'extra 6/2 ', 'extra 7/1 ', 'extra 7/2 ']);
  });

  test('a wide partition is looked up once and read on page by page', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => row(1, at, { a: `${at}` }));
    const sides = lookedUp(rows, rows, [[400], [170]]);
    const reads = countReads(sides);

    expect(isEqualReport(await compare(reads.sides, { tables: [{ table: plain, splits: 4 }] }))).toBe(true);
    expect(reads.ofTarget).toEqual({ readAll: 1, readPartition: 1 });
  });

  test('what the splits found in a partition that is then deleted on the source is not found twice', async () => {
    const sides = lookedUp([row(1, 1, {}), row(2, 1, {})], [row(1, 1, {}), row(2, 1, {}), row(2, 2, {})]);
    const source = sides.source as MemoryReader;
    const readAll: MemoryReader['readAll'] = (read) => {
      source.rows = [row(1, 1, {})];
      return sides.target.readAll(read);
    };

    const report = await compare({ ...sides, target: { ...sides.target, readAll } });

    expect(report.tables[0]).toMatchObject({ extra: 2, missing: 0, mismatched: 0, pending: 0 });
    expect(report.differences.map(({ key }) => key.clustering[0]!.readInt32BE()).sort()).toEqual([1, 2]);
  });

  test('whatever changes meanwhile, what is told is true at the end, and nothing in partitions at rest is overlooked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(rowSets(true), rowSets(true)),
        fc.tuple(rowSets(true), rowSets(true)),
        fc.array(fc.constantFrom(...'123456789'), { maxLength: 4 }),
        fc.nat({ max: 40 }),
        async ([sourceBefore, targetBefore], [sourceAfter, targetAfter], changing, afterReads) => {
          const isChanging = ({ values }: MemoryRow) => changing.includes(`${values.id!.readInt32BE()}`);
          const changedTo = (before: readonly MemoryRow[], after: readonly MemoryRow[]) => [
            ...before.filter((each) => !isChanging(each)),
            ...after.filter(isChanging),
          ];
          const source = inMemoryReader(sourceBefore, [1]);
          const target = otherRing(targetBefore, [1]);
          const change = () => {
            source.rows = changedTo(sourceBefore, sourceAfter);
            target.rows = changedTo(targetBefore, targetAfter);
          };
          const sides = lookUpTarget({ source, target: changingAfter(afterReads, target, change) }, source, 'Random');
          const tables = [{ table: withStatics, splits: 2 }];
          const streamTime = () => {
            change();
            return 1n << 62n;
          };
          const found = foundIn(await compare(sides, { tables, streamTime })).differences;
          const atEnd = foundIn(await compare({ source, target: inMemoryReader(target.rows) }, { tables })).differences;

          expect(atEnd).toEqual(expect.arrayContaining(found));
          expect(new Set(found).size).toBe(found.length);
          const atRest = (text: string) => !changing.includes(text.split(/[ /]/)[1]!);
          expect(found.filter(atRest)).toEqual(atEnd.filter(atRest));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a partition that only the target had, and that is gone when it is looked at again, is no difference', async () => {
    const source = inMemoryReader([row(1, 1, {})]);
    const target = otherRing([row(1, 1, {}), row(2, 1, {})]);
    const streamTime = () => {
      target.rows = source.rows;
      return undefined;
    };
    const report = await compare(lookUpTarget({ source, target }, source, 'Random'), { streamTime });
    expect(isEqualReport(report)).toBe(true);
    expect(report.tables[0]!.targetRows).toBe(1n);
  });

  test('the search for extra partitions is kept behind the last split, and not made again where it is known', async () => {
    const kept = new Map<number, ComparedSplit>();
    const memory: ComparisonMemory = {
      known: (_, split) => kept.get(split),
      keep: (_, split, found) => void kept.set(split, found),
    };
    const tables = [{ table: plain, splits: 3 }];
    const totals: number[] = [];
    const report: TablesToCompare['report'] = (event) => {
      if (event.kind === 'split-validated') totals.push(event.total);
    };

    const first = await compare(lookedUp(partitions(3), partitions(9)), { tables, memory, report });
    const reads = countReads(lookedUp(partitions(3), partitions(9)));
    const again = await compare(reads.sides, { tables, memory });

    expect([...kept.keys()].sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(totals)).toEqual(new Set([4]));
    expect(reads.ofTarget.readAll).toBe(0);
    expect(foundIn(again)).toEqual(foundIn(first));
  });

  test('a failure of a look-up, and one of the search, ends the comparison', async () => {
    const failing = async function* (): AsyncGenerator<never> {
      yield* [];
      throw new Error('target is gone');
    };
    for (const method of ['readPartition', 'readAll'] as const) {
      const sides = lookedUp(partitions(3), partitions(3));
      const target = { ...otherRing(partitions(3)), [method]: failing };
      const broken = lookUpTarget({ ...sides, target }, sides.source as MemoryReader, 'Random');
      await expect(compare(broken)).rejects.toThrow('target is gone');
    }
  });

  test('the report says how it was compared', async () => {
    const report = await compare(lookedUp([], []));
    expect(reportJson(report)).toMatchObject({ otherPartitioner: 'RandomPartitioner', isEqual: true });
    expect(reportJson(await compare({ source: inMemoryReader([]), target: inMemoryReader([]) }))).not.toHaveProperty(
      'otherPartitioner',
    );
  });
});

function lookedUp(
  source: readonly MemoryRow[],
  target: readonly MemoryRow[],
  [ofSource, ofTarget]: readonly (readonly number[])[] = [],
): Sides {
  const reader = inMemoryReader(source, ofSource);
  return lookUpTarget({ source: reader, target: otherRing(target, ofTarget) }, reader, 'RandomPartitioner');
}

function otherRing(rows: readonly MemoryRow[], pages?: readonly number[]): MemoryReader {
  return inMemoryReader(rows, pages, md5Token);
}

/** Of the partitions that have rows, two each. */
function partitions(count: number): readonly MemoryRow[] {
  return Array.from({ length: count }, (_, id) => [row(id, 1, { a: 'x' }), row(id, 2, { b: 'y' })]).flat();
}

function compare(sides: Sides, parts: Partial<TablesToCompare> = {}): Promise<ValidationReport> {
  return compareInMemory(sides, { tables: [{ table: plain, splits: 3 }], ...parts });
}

/** All of it that does not depend on when, and in which order, it was found. */
function foundIn({ tables, differences }: ValidationReport) {
  const texts = differences.map(({ kind, key, columns }) => {
    const values = [...key.partitionKey, ...key.clustering].map((value) => value.readInt32BE());
    return `${kind} ${values.join('/')} ${columns.join()}`;
  });
  return { tables, differences: texts.sort() };
}

/** The ring in a few stretches, or some stretches of it, those of single partitions among them. */
function cuts(): fc.Arbitrary<TableToCompare['splits']> {
  const token = fc.bigInt({ min: minToken, max: maxToken });
  const stretches = fc
    .uniqueArray(token, { minLength: 2, maxLength: 8 })
    .map((tokens) => tokens.sort((a, b) => (a < b ? -1 : 1)))
    .map((tokens) =>
      tokens.slice(1).flatMap((end, index): TokenRange[] => (index % 2 === 0 ? [{ start: tokens[index]!, end }] : [])),
    );
  return fc.oneof(fc.integer({ min: 1, max: 6 }), stretches);
}

/** The change comes with one of the reads. */
function changingAfter(reads: number, target: MemoryReader, change: () => void): Sides['target'] {
  let left = reads;
  const counting = <Read, Page>(read: (read: Read) => Page) => {
    return (what: Read) => {
      if (left-- === 0) change();
      return read(what);
    };
  };
  return { ...target, readAll: counting(target.readAll), readPartition: counting(target.readPartition) };
}

function countReads(sides: Sides) {
  const ofTarget = { readAll: 0, readPartition: 0 };
  const source = sides.source as MemoryReader;
  const reader = sides.target;
  const counted: Sides['target'] = {
    ...reader,
    readAll: (read) => {
      ofTarget.readAll++;
      return reader.readAll(read);
    },
    readPartition: (read) => {
      ofTarget.readPartition++;
      return reader.readPartition(read);
    },
  };
  return { ofTarget, sides: lookUpTarget({ ...sides, target: counted }, source, 'RandomPartitioner') };
}
