import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainInsertOf } from '../../src/apply/plain-insert.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import { statementsOfSnapshotRow } from '../../src/apply/statements-of-row.ts';
import { keyspacesLimits } from '../../src/model/row-limits.ts';
import type { EncodedRow } from '../../src/ports/table-reader.ts';
import { cutRow } from '../../src/snapshot/packed-row.ts';
import { createRowGroups, type RowGroup } from '../../src/snapshot/row-groups.ts';
import { aTable, int } from '../support/a-table.ts';
import { packPage } from '../support/in-memory-reader.ts';
import { statementsOfRows } from '../support/statements-of-rows.ts';

const timestampMicros = 1_700_000_000_000_000n;
const table = aTable({
  partitionKey: { id: 'int', part: 'text' },
  clustering: { at: 'int' },
  regulars: { a: 'text', s: 'set<int>', f: 'frozen<list<int>>' },
});
const layout = layoutOf(table);
const plain = plainInsertOf(layout, 'moved', timestampMicros)!;

/** Cells in the order of the layout: id, part, at, a, f, s; times of a and f. */
function aRow(values: readonly (Buffer | null)[], ttlSeconds: readonly (number | null)[] = [null, null]): EncodedRow {
  return { values, ttlSeconds, writeTimesMicros: [] };
}

const cell = fc.option(fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)));
const part = fc.constantFrom(Buffer.from(''), Buffer.from('x'), Buffer.from('y'));
const ttl = fc.option(fc.integer({ min: 1, max: 100 }), { freq: 5 });
const anyRow = fc
  .tuple(fc.nat(2).map(int), part, fc.option(fc.nat().map(int), { freq: 8 }), fc.tuple(cell, cell, cell), ttl)
  .map(([id, key, at, cells, seconds]) => aRow([id, key, at, ...cells], [seconds, null]));

function groupsOf(rows: readonly EncodedRow[], mostRows: number, insert: typeof plain | undefined = plain) {
  const page = packPage(rows);
  const groupAt = createRowGroups(layout, insert, keyspacesLimits);
  const groups: RowGroup[] = [];
  for (let from = 0; from < rows.length; from = groups.at(-1)!.to) groups.push(groupAt(page, from, mostRows));
  return { page, groups };
}

function sizesOf(rows: readonly EncodedRow[], mostRows: number): readonly number[] {
  return groupsOf(rows, mostRows).groups.map(({ from, to }) => to - from);
}

function isPlain({ values, ttlSeconds }: EncodedRow): boolean {
  return values[2] !== null && ttlSeconds.every((seconds) => seconds === null);
}

describe('groups of rows', () => {
  test('hold every row once and in order; what goes together is plain and says what its rows say', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 30 }), fc.integer({ min: 1, max: 6 }), (rows, mostRows) => {
        const { page, groups } = groupsOf(rows, mostRows);
        expect(groups.flatMap(({ from, to }) => rows.slice(from, to))).toEqual(rows);
        for (const { from, to, inserts, bytes } of groups) {
          const members = rows.slice(from, to);
          expect(bytes).toBe(
            members.flatMap(({ values }) => values).reduce((sum, value) => sum + (value?.length ?? 0), 0),
          );
          expect(to - from).toBeLessThanOrEqual(mostRows);
          expect(members.every(isPlain)).toBe(inserts !== undefined);
          // Also those whose absent cells have been made unset.
          expect(members.map((_, index) => cutRow(page, from + index, layout))).toEqual(members);
          if (!inserts) continue;
          const context = { layout, keyspace: 'moved', timestampMicros };
          expect(statementsOfRows(inserts)).toEqual(members.flatMap((row) => statementsOfSnapshotRow(row, context)));
        }
      }),
    );
  });

  test('are as large as they may be', () => {
    const rows = [1, 1, 1, 1, 1, 2, 2, 1].map((id, at) => aRow([int(id), Buffer.from('p'), int(at), null, null, null]));
    expect(sizesOf(rows, 6)).toEqual([6, 2]);
  });

  test('are of ten partitions at most', () => {
    const rows = Array.from({ length: 24 }, (_, at) =>
      aRow([int(at >> 1), Buffer.from('p'), int(at), null, null, null]),
    );
    expect(sizesOf(rows, 30)).toEqual([20, 4]);
  });

  test('of several partitions end at 4 KiB, the cells counted; one that is larger goes alone', () => {
    const sized = (bytes: number, id: number) =>
      aRow([int(id), Buffer.from('p'), int(1), Buffer.alloc(bytes), null, null]);
    expect(sizesOf([1_900, 1_900, 100, 1_900, 9_000, 10].map(sized), 30)).toEqual([2, 2, 1, 1]);
  });

  test('of one partition end at 64 KiB, and a row above what the target takes is nobody’s insert', () => {
    const sized = (bytes: number, at: number) =>
      aRow([int(1), Buffer.from('p'), int(at), Buffer.alloc(bytes), null, null]);
    const rows = [30_000, 30_000, 30_000, 100_000, 1024 * 1024, 5].map(sized);
    const { groups } = groupsOf(rows, 30);
    expect(groups.map(({ from, to }) => to - from)).toEqual([2, 1, 1, 1, 1]);
    expect(groups.map(({ inserts }) => inserts !== undefined)).toEqual([true, true, true, false, true]);
  });

  test('hold no row with a key above what the target takes, and every row that is as large as it may be', () => {
    const keyed = aTable({ partitionKey: { id: 'text', part: 'text' }, clustering: { at: 'text', to: 'text' } });
    const ofKeys = layoutOf(keyed);
    const groupsAt = createRowGroups(ofKeys, plainInsertOf(ofKeys, 'moved', timestampMicros), keyspacesLimits);
    const sized = (...sizes: readonly number[]) =>
      aRow([...sizes.map((size) => Buffer.alloc(size, 'k')), null], [null]);
    const rows = [
      sized(1_024, 1_024, 425, 425),
      sized(1_024, 1_025, 425, 425),
      sized(1_024, 1_024, 425, 426),
      sized(1_024, 1_024, 851, 0),
      sized(0, 2_049, 0, 0),
      sized(0, 2_048, 850, 0),
    ];
    const isPlain = rows.map((_, from) => groupsAt(packPage(rows), from, 30).inserts !== undefined);
    expect(isPlain).toEqual([true, false, false, false, false, true]);
    // Nor behind others, where it would take them along.
    const last = (row: EncodedRow) => groupsAt(packPage([sized(9, 9, 9, 9), row]), 0, 30).to;
    expect([sized(9, 9, 9, 9), sized(9, 9, 9, 842)].map(last)).toEqual([2, 1]);
  });

  test('are single rows that need more care where the table has no plain insert', () => {
    const rows = [1, 1].map((id, at) => aRow([int(id), Buffer.from('p'), int(at), null, null, null]));
    const groupAt = createRowGroups(layout, undefined, keyspacesLimits);
    expect([0, 1].map((from) => groupAt(packPage(rows), from, 30))).toEqual([
      { from: 0, to: 1, bytes: 9, inserts: undefined },
      { from: 1, to: 2, bytes: 9, inserts: undefined },
    ]);
  });
});
