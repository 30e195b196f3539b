import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSameRows, cutRow, packRows, rowCountOf } from '../../src/validation/packed-rows.ts';
import { packPage } from '../support/in-memory-reader.ts';

const cells = fc.array(fc.option(fc.uint8Array({ maxLength: 3 }).map(Buffer.from)), { minLength: 2, maxLength: 2 });
const pages = fc.array(cells, { maxLength: 20 });

test('cells are cut as they were packed, an empty one apart from none', () => {
  fc.assert(
    fc.property(pages, (rows) => {
      const page = pageOf(rows);

      expect(rowCountOf(page)).toBe(rows.length);
      expect(rows.map((_, row) => cutRow(page, row, 2))).toEqual(rows);
    }),
  );
});

test('rows that were cut are packed as a server sends them', () => {
  fc.assert(
    fc.property(pages, (rows) => {
      const encoded = rows.map((values) => ({ values, ttlSeconds: [], writeTimesMicros: [] }));
      expect(packRows(encoded)).toEqual(packPage(encoded));
    }),
  );
});

test('rows are the same up to the first that differs, from anywhere in either page', () => {
  fc.assert(
    fc.property(pages, pages, fc.nat(), fc.nat(), pages, (common, tail, skipOne, skipOther, otherTail) => {
      const [one, other] = [
        [...common, ...tail],
        [...common, ...otherTail],
      ];
      const [a, b] = [skipOne % (one.length + 1), skipOther % (other.length + 1)];
      let expected = 0;
      while (a + expected < one.length && b + expected < other.length) {
        if (JSON.stringify(one[a + expected]) !== JSON.stringify(other[b + expected])) break;
        expected++;
      }

      expect(countSameRows(pageOf(one), a, pageOf(other), b)).toBe(expected);
      expect(countSameRows(pageOf(one), 0, pageOf(other), 0)).toBeGreaterThanOrEqual(common.length);
    }),
    { numRuns: 1000 },
  );
});

function pageOf(rows: readonly (readonly (Buffer | null)[])[]) {
  return packPage(rows.map((values) => ({ values, ttlSeconds: [], writeTimesMicros: [] })));
}
