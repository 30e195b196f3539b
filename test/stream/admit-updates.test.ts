import { expect, test } from 'vitest';
import { admitUpdates } from '../../src/stream/admit-updates.ts';
import type { TableRule } from '../../src/stream/table-rule.ts';
import { aTable, text } from '../support/a-table.ts';
import { aCell, anUpdate, aRow } from '../support/an-update.ts';

const now = 1_700_000_000_000_000n;
const table = aTable({ regulars: { a: 'text' } });
const received = {
  update: anUpdate(table, { rows: [aRow({ cells: [aCell(table, 'a', text('x'), now)] })] }),
  event: undefined,
};
const withoutIt = aTable({ id: table.id, regulars: {} });

test.each<[string, TableRule, object]>([
  ['whose table has left is ignored', { kind: 'left' }, { ignored: 1, parkedUpdates: 0 }],
  [
    'of nothing but columns that are left out is ignored',
    { kind: 'applied', table: withoutIt, leftOut: ['a'] },
    { ignored: 1, parkedUpdates: 0 },
  ],
  ['whose table is paused is parked', { kind: 'paused', reason: 'r' }, { ignored: 0, parkedUpdates: 1 }],
  ['that fits is neither', { kind: 'applied', table, leftOut: [] }, { ignored: 0, parkedUpdates: 0 }],
])('an update %s, and counted once', (_, rule, counts) => {
  const admitted = admitUpdates([received, received], () => rule, now);
  expect(admitted.fitting.length + admitted.parkedUpdates + admitted.ignored).toBe(2);
  expect(admitUpdates([received], () => rule, now)).toMatchObject(counts);
});
