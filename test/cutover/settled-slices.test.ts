import { expect, test } from 'vitest';
import { type AppliedUpTo, slicesSettledBy } from '../../src/cutover/settled-slices.ts';
import type { ComparedTable } from '../../src/model/difference.ts';
import type { DoubtfulSlice } from '../../src/state/ledger-event.ts';
import { aComparedTable } from './open-gates.ts';

const second = 1_000_000n;
const endMicros = 1_000n * second;

const ofHole: DoubtfulSlice = {
  id: 'hole',
  table: 'orders',
  reason: 'segment 5',
  openedAtMicros: 5_000n * second,
  hole: { node: 'n1', fromMicros: 900n * second, toMicros: endMicros },
};
const ofTruncate: DoubtfulSlice = { id: 'truncate', table: 'orders', reason: 'truncated', openedAtMicros: endMicros };

function settled(part: Partial<ComparedTable>, appliedUpTo: AppliedUpTo, slices = [ofHole, ofTruncate]) {
  return slicesSettledBy([aComparedTable(part)], slices, appliedUpTo).map(({ id }) => id);
}

test('after a drain a table that compared equal is no longer in doubt', () => {
  expect(settled({ table: 'orders' }, 'everything')).toEqual(['hole', 'truncate']);
});

test.each(['missing', 'extra', 'mismatched', 'pending'] as const)(
  'one row that is %s leaves its table in doubt',
  (kind) => {
    expect(settled({ table: 'orders', [kind]: 1 }, 'everything')).toEqual([]);
  },
);

test('a table that was not compared stays in doubt', () => {
  expect(settled({ table: 'customers' }, 'everything')).toEqual([]);
});

test('while changes flow, stream time must have passed the slice by more than clocks may differ', () => {
  expect(settled({ table: 'orders' }, endMicros + 29n * second)).toEqual([]);
  expect(settled({ table: 'orders' }, endMicros + 30n * second)).toEqual(['hole', 'truncate']);
});

test('nothing is settled while nobody can tell what is applied', () => {
  expect(settled({ table: 'orders' }, undefined)).toEqual([]);
});
