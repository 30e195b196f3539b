import { expect, test } from 'vitest';
import { compareRows, isExpiring, type SeenRow } from '../../../src/sandbox/demo/compare-rows.ts';

test('equal rows have no differences, though the seconds left differ a little', () => {
  const source = aRow({ ttlSeconds: { name: 100 } });
  expect(compareRows(source, aRow({ ttlSeconds: { name: 97 } }))).toEqual([]);
  expect(compareRows(undefined, undefined)).toEqual([]);
});

test('a row on one side only is missing or extra', () => {
  expect(compareRows(aRow(), undefined)).toEqual([{ kind: 'missing' }]);
  expect(compareRows(undefined, aRow())).toEqual([{ kind: 'extra' }]);
});

test('every column that differs is told with both values', () => {
  const target = aRow({ values: { name: '"bob"', age: 'null' } });
  expect(compareRows(aRow(), target)).toEqual([
    { kind: 'value', column: 'name', source: '"ann"', target: '"bob"' },
    { kind: 'value', column: 'age', source: '7', target: 'null' },
  ]);
});

test('a column that one side does not have at all is a difference', () => {
  const target: SeenRow = { values: { name: '"ann"' }, ttlSeconds: {} };
  expect(compareRows(aRow(), target)).toEqual([
    { kind: 'value', column: 'age', source: '7', target: 'no such column' },
  ]);
});

test('an expiry on one side only, or far from the other, is a difference', () => {
  const source = aRow({ ttlSeconds: { name: 3600, age: 60 } });
  expect(compareRows(source, aRow({ ttlSeconds: { name: undefined, age: 120 } }))).toEqual([
    { kind: 'expiry', column: 'name', source: 'in 3600 s', target: 'never' },
    { kind: 'expiry', column: 'age', source: 'in 60 s', target: 'in 120 s' },
  ]);
});

test('only a row with an expiry may have changed between two reads', () => {
  expect(isExpiring(aRow())).toBe(false);
  expect(isExpiring(undefined)).toBe(false);
  expect(isExpiring(aRow({ ttlSeconds: { name: 1 } }))).toBe(true);
});

function aRow(part: Partial<SeenRow> = {}): SeenRow {
  return { values: { name: '"ann"', age: '7' }, ttlSeconds: { name: undefined, age: undefined }, ...part };
}
