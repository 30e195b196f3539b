import { describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../../src/events.ts';
import type { TablesToCompare } from '../../src/validation/compare-tables.ts';
import { isEqualReport, reportJson } from '../../src/validation/report.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader, type MemoryReader, type MemoryRow } from '../support/in-memory-reader.ts';
import { compareInMemory } from './compare-in-memory.ts';

const table = aTable();

describe('compareTables', () => {
  test('equal tables make an equal report, whatever the number of splits', async () => {
    const rows = Array.from({ length: 40 }, (_, id) => row(id, 'x'));

    const reports = await Promise.all([1, 7].map((splits) => compare(rows, rows, { tables: [{ table, splits }] })));

    expect(reports.map(isEqualReport)).toEqual([true, true]);
    expect(reports[0]!.tables[0]).toEqual(reports[1]!.tables[0]);
    expect(reports[0]!.tables[0]).toMatchObject({ sourceRows: 40n, targetRows: 40n, missing: 0 });
  });

  test('differences are counted and listed with their kind, key and columns', async () => {
    const report = await compare([row(1, 'x'), row(2, 'x'), row(3, 'x')], [row(2, 'other'), row(3, 'x'), row(4, 'x')]);

    expect(report.tables[0]).toMatchObject({ missing: 1, extra: 1, mismatched: 1, pending: 0 });
    expect(isEqualReport(report)).toBe(false);
    expect(
      report.differences.map(({ kind, key, columns }) => [key.partitionKey[0]!.readInt32BE(), kind, ...columns]).sort(),
    ).toEqual([
      [1, 'missing'],
      [2, 'mismatch', 'name'],
      [4, 'extra'],
    ]);
  });

  test('a row that changes while it is compared leaves equal sums when both sides have it in the end', async () => {
    const source = inMemoryReader([row(1, 'old'), row(2, 'x')]);
    const target = inMemoryReader([row(1, 'older'), row(2, 'x'), row(3, 'deleted later')]);

    const report = await compare(source, target, {
      streamTime: () => {
        source.rows = target.rows = [row(1, 'new'), row(2, 'x'), row(4, 'came later')];
        return undefined;
      },
    });

    expect(isEqualReport(report)).toBe(true);
    expect(report.tables[0]!.sourceRows).toBe(2n);
  });

  test('tables with counters are compared only when told so', async () => {
    const counters = [{ table: aTable({ name: 'hits', isCounter: true, regulars: { n: 'counter' } }), splits: 1 }];

    const without = await compare([], [], { tables: counters });
    const withThem = await compare([], [], { tables: counters, withCounters: true });

    expect([without.tables.length, withThem.tables.length]).toEqual([0, 1]);
  });

  test('every split is reported, the last one as the last', async () => {
    const events: ProgressEvent[] = [];

    await compare([row(1, 'x')], [], { tables: [{ table, splits: 5 }], report: (event) => events.push(event) });

    expect(events).toHaveLength(5);
    expect(events.at(-1)).toMatchObject({ kind: 'split-validated', table: 'things', done: 5, total: 5 });
  });

  test('a report as JSON keeps whole numbers and bytes as text', async () => {
    const report = await compare([row(1, 'x')], []);

    expect(JSON.parse(JSON.stringify(reportJson(report)))).toMatchObject({
      isEqual: false,
      tables: [{ table: 'things', sourceRows: '1', pending: 0, missing: 1 }],
      differences: [{ kind: 'missing', table: 'things', partitionKey: ['00000001'], clustering: [] }],
    });
  });
});

function row(id: number, name: string): MemoryRow {
  return { values: { id: int(id), name: text(name) } };
}

function compare(
  source: readonly MemoryRow[] | MemoryReader,
  target: readonly MemoryRow[] | MemoryReader,
  parts: Partial<TablesToCompare> = {},
) {
  const readerOf = (rows: readonly MemoryRow[] | MemoryReader) => ('readRange' in rows ? rows : inMemoryReader(rows));
  const sides = { source: readerOf(source), target: readerOf(target) };
  return compareInMemory(sides, { tables: [{ table, splits: 3 }], ...parts });
}
