import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainInsertOf } from '../../src/apply/plain-insert.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import { statementsOfSnapshotRow } from '../../src/apply/statements-of-row.ts';
import type { EncodedRow } from '../../src/ports/table-reader.ts';
import { aTable, int, text } from '../support/a-table.ts';

const stamp = 1_700_000_000_000_000n;
const table = aTable({ clustering: { at: 'int' }, regulars: { a: 'text', s: 'set<int>', f: 'frozen<list<int>>' } });
const layout = layoutOf(table);
const plain = plainInsertOf(layout, 'moved', stamp)!;

/** Cells in the order of the layout: id, at, a, f, s. */
function aRow(values: readonly (Buffer | null)[], ttlSeconds: readonly (number | null)[] = [null, null]): EncodedRow {
  return { values, ttlSeconds, writeTimesMicros: [] };
}

const cell = fc.option(fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)));

describe('a plain insert', () => {
  test('says the same as the statements of any row that it takes', () => {
    fc.assert(
      fc.property(fc.tuple(cell, cell, cell), (values) => {
        const row = aRow([int(1), int(2), ...values]);
        expect([plain(row)]).toEqual(
          statementsOfSnapshotRow(row, { layout, keyspace: 'moved', timestampMicros: stamp }),
        );
      }),
    );
  });

  test('has one text for all rows of a table, the same object even', () => {
    const [one, other] = [aRow([int(1), int(2), text('a'), null, null]), aRow([int(3), int(4), null, null, null])];
    expect(plain(one)!.cql).toBe(plain(other)!.cql);
  });

  test('takes no row that expires, and none that stands for a partition of statics', () => {
    expect(plain(aRow([int(1), int(2), text('a'), null, null], [7, null]))).toBeUndefined();
    expect(plain(aRow([int(1), null, null, null, null]))).toBeUndefined();
  });

  test('is none for tables with statics or with lists, whose rows need more care', () => {
    const statics = aTable({ clustering: { at: 'int' }, statics: { owner: 'text' } });
    const lists = aTable({ regulars: { l: 'list<int>' } });
    for (const each of [statics, lists]) expect(plainInsertOf(layoutOf(each), 'moved', stamp)).toBeUndefined();
  });
});
