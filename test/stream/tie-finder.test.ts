import { describe, expect, test } from 'vitest';
import type { Cell } from '../../src/model/mutation.ts';
import { TieFinder } from '../../src/stream/tie-finder.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';

const now = 1_700_000_000_000_000n;
const table = aTable({
  name: 't',
  clustering: { c: 'int' },
  regulars: { a: 'text', b: 'text', m: 'map<int, text>' },
  statics: { s: 'text' },
});

const rowOf = (cells: readonly Cell[], clustering = 1) =>
  anUpdate(table, { rows: [aRow({ clustering: [int(clustering)], cells })] });
const a = (value: string, micros = now) => aCell(table, 'a', text(value), micros);

describe('a tie', () => {
  test('is two values of one cell at one microsecond, in whatever rows and columns they come', () => {
    const finder = new TieFinder(1_000);
    expect(finder.find(rowOf([a('x'), aCell(table, 'b', text('y'), now)]))).toBeUndefined();
    expect(finder.find(rowOf([a('z')]))).toEqual({ table: 't', column: 'a', timestampMicros: now });
  });

  test('is a value and a delete, and two expiries of one value', () => {
    const finder = new TieFinder(1_000);
    finder.find(rowOf([a('x')]));
    expect(finder.find(rowOf([aCell(table, 'a', undefined, now)]))).toBeDefined();
    expect(
      finder.find(rowOf([aCell(table, 'a', text('x'), now, { expiry: { ttlSeconds: 9, expiresAtSeconds: 99 } })])),
    ).toBeDefined();
  });

  test('is not the delete that an expired cell has become on its way through a repair', () => {
    const expiry = { ttlSeconds: 9, expiresAtSeconds: 99 };
    const [live, dead] = [aCell(table, 'a', text('x'), now, { expiry }), aCell(table, 'a', undefined, now)];
    for (const [first, second] of [
      [live, dead],
      [dead, live],
    ] as const) {
      const finder = new TieFinder(1_000);
      finder.find(rowOf([first]));
      expect(finder.find(rowOf([second]))).toBeUndefined();
    }
  });

  test('is found again, whichever of the values comes again', () => {
    const finder = new TieFinder(1_000);
    finder.find(rowOf([a('x')]));
    for (let times = 0; times < 2; times++) expect(finder.find(rowOf([a('y')]))).toBeDefined();
    expect(finder.find(rowOf([a('x')]))).toBeUndefined();
  });
});

test.each([
  ['a copy', rowOf([a('x')])],
  ['a part of it under another header, as read repair sends it', rowOf([aCell(table, 'b', text('y'), now)])],
  ['another microsecond', rowOf([a('z', now + 1n)])],
  ['another row', rowOf([a('z')], 2)],
  ['another partition', anUpdate(table, { partitionKey: int(77), rows: rowOf([a('z')]).rows })],
  ['another element', rowOf([aCell(table, 'm', text('z'), now, { path: int(2) })])],
  ['the statics', anUpdate(table, { staticRow: aRow({ cells: [aCell(table, 's', text('z'), now)] }) })],
])('%s is no tie', (_, update) => {
  const finder = new TieFinder(1_000);
  const cells = [a('x'), aCell(table, 'b', text('y'), now), aCell(table, 'm', text('w'), now, { path: int(1) })];
  finder.find(rowOf(cells));
  expect(finder.find(update)).toBeUndefined();
});

test('a hundred thousand cells without ties show none', () => {
  const finder = new TieFinder(50_000);
  const found = Array.from({ length: 100_000 }, (_, n) => finder.find(rowOf([a(`${n}`, now + BigInt(n % 7))], n)));
  expect(found.filter((tie) => tie !== undefined)).toEqual([]);
});

test('what it has forgotten it does not find, and takes for nothing else', () => {
  const finder = new TieFinder(1);
  finder.find(rowOf([a('x')]));
  finder.find(rowOf([a('x')], 2));
  expect(finder.find(rowOf([a('y')]))).toBeUndefined();
  expect(finder.find(rowOf([a('z')]))).toBeDefined();
});
