import { describe, expect, test } from 'vitest';
import type { RowChange } from '../../src/model/mutation.ts';
import { keyspacesWindow } from '../../src/model/write-timestamp.ts';
import { admitUpdates } from '../../src/stream/admit-updates.ts';
import { type PlannedChange, planUpdate } from '../../src/stream/plan-update.ts';
import type { TableRule } from '../../src/stream/table-rule.ts';
import { keysToRecopy } from '../../src/stream/work-of-update.ts';
import { aTable, text } from '../support/a-table.ts';
import { aCell, aColumnDeletion, anUpdate, aRow } from '../support/an-update.ts';

const now = 1_700_000_000_000_000n;
const expiry = { ttlSeconds: 60, expiresAtSeconds: 1_700_000_060 };
const table = aTable({ regulars: { a: 'text' } });
const received = {
  update: anUpdate(table, { rows: [aRow({ cells: [aCell(table, 'a', text('x'), now, { expiry })] })] }),
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

describe('a row in a table with columns that are left out', () => {
  const wide = aTable({ regulars: { a: 'text', b: 'set<text>', k: 'text' } });
  const rule: TableRule = {
    kind: 'applied',
    table: aTable({ id: wide.id, regulars: { k: 'text' } }),
    leftOut: ['a', 'b'],
  };
  const admit = (row: Partial<RowChange>) =>
    admitUpdates([{ update: anUpdate(wide, { rows: [aRow(row)] }), event: undefined }], () => rule, now);
  const planOf = (row: Partial<RowChange>) =>
    planUpdate(admit(row).fitting[0]!.update, {
      isMigrated: () => true,
      isRecopied: () => false,
      firstDecision: () => undefined,
      handOverMicros: now - 3_600_000_000n,
      nowMicros: now,
      window: keyspacesWindow,
    }) as PlannedChange;
  const kept = aCell(wide, 'k', text('x'), now);
  const expiring = aCell(wide, 'b', Buffer.alloc(0), now, { path: text('x'), expiry });

  test.each<[string, Partial<RowChange>]>([
    ['a value', { cells: [aCell(wide, 'a', undefined, now)] }],
    ['a collection', { columnDeletions: [aColumnDeletion(wide, 'b', now)] }],
    ['a value, beside what is moved', { cells: [aCell(wide, 'a', undefined, now), kept] }],
  ])('is read again where it loses something of them: it may have had nothing else (%s)', (_, row) => {
    const plan = planOf(row);
    expect(keysToRecopy(plan).map(({ scope }) => scope)).toEqual([{ kind: 'row', clustering: [] }]);
    expect(plan.young?.rows[0]?.cells.length ?? 0).toBe(row.cells?.includes(kept) ? 1 : 0);
    expect(plan.young?.rows[0]?.deletion).toBeUndefined();
    expect(admit(row).fitting[0]!.writtenAtMicros).toBe(now);
  });

  test.each<[string, Partial<RowChange>]>([
    ['a value', { cells: [aCell(wide, 'a', text('x'), now)] }],
    ['an element', { cells: [aCell(wide, 'b', Buffer.alloc(0), now, { path: text('x') })] }],
    ['one of two that lasts', { cells: [aCell(wide, 'a', text('x'), now), expiring] }],
  ])('is read again where it gains nothing else: it may not have been there (%s)', (_, row) => {
    expect(keysToRecopy(planOf(row)).map(({ scope }) => scope)).toEqual([{ kind: 'row', clustering: [] }]);
    expect(admit(row).fitting[0]!.writtenAtMicros).toBe(now);
  });

  test.each<[string, Partial<RowChange>]>([
    ['brings a marker', { marker: { timestampMicros: now }, cells: [aCell(wide, 'a', undefined, now)] }],
    ['brings a value that is moved', { cells: [aCell(wide, 'a', text('x'), now), kept] }],
  ])('is not, where the change %s', (_, row) => {
    expect(keysToRecopy(planOf(row))).toEqual([]);
  });

  test('is not, where all that it gains expires: read without it, it would last', () => {
    expect(admit({ cells: [aCell(wide, 'a', text('x'), now, { expiry })] })).toMatchObject({ fitting: [], ignored: 1 });
  });
});
