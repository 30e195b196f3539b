import { expect, test } from 'vitest';
import type { ComparedSplit } from '../../src/model/compared-split.ts';
import type { Table } from '../../src/model/table.ts';
import { cutAsBefore, interruptedComparison } from '../../src/phases/interrupted-comparison.ts';
import { beginComparison, rememberComparison } from '../../src/phases/remembered-comparison.ts';
import type { LedgerFact } from '../../src/state/ledger-event.ts';
import { applyLedgerEvent, emptyState, type MigrationState } from '../../src/state/migration-state.ts';
import type { TableToCompare } from '../../src/validation/compare-table.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable } from '../support/a-table.ts';

const orders = aTable({ name: 'orders' });
const customers = aTable({ name: 'customers' });
const targetIds = { orders: 'ab', customers: 'cd' };
const day = 24 * 3_600_000;

test('a short comparison is booked a few times, whatever the number of its splits', () => {
  for (const splits of [16, 400]) {
    const { memory, facts } = aBegunComparison([{ table: orders, splits }]);
    for (let split = 0; split < splits; split++) memory.keep('orders', split, found());
    const events = facts.filter(({ kind }) => kind === 'splits-compared');
    expect(events.length).toBeGreaterThanOrEqual(8);
    expect(events.length).toBeLessThanOrEqual(Math.max(8, splits / 12));
  }
});

test('a long one is booked with every split that ends five seconds after the last booking', async () => {
  const { memory, clock, known } = aBegunComparison([{ table: orders, splits: 1000 }]);
  memory.keep('orders', 0, found());
  await clock.sleep(3_000);
  memory.keep('orders', 1, found());
  expect(known()).toEqual([]);
  await clock.sleep(3_000);
  memory.keep('orders', 2, found());
  expect(known()).toEqual(['orders/0', 'orders/1', 'orders/2']);
});

test('a split with many or long keys that differ, or with more than could be kept, is compared again', () => {
  const { memory, known } = aBegunComparison([{ table: orders, splits: 4 }]);
  memory.keep('orders', 0, found({ differing: 201 }));
  memory.keep('orders', 1, found({ differing: 2, keyBytes: 40_000 }));
  memory.keep('orders', 2, { ...found({ differing: 3 }), notKept: 1 });
  memory.keep('orders', 3, found({ differing: 200 }));
  expect(known()).toEqual(['orders/3']);
});

test('so are splits behind thousands of keys that differ', () => {
  const { memory, known } = aBegunComparison([{ table: orders, splits: 40 }]);
  for (let split = 0; split < 40; split++) memory.keep('orders', split, found({ differing: 200 }));
  expect(known()).toHaveLength(25);
});

test('it goes on with the same tables, cut as before, and says so', () => {
  const { memory, context, warnings } = aBegunComparison([
    { table: orders, splits: 4 },
    { table: customers, splits: 40 },
  ]);
  for (let split = 0; split < 12; split++) memory.keep('customers', split, found({ differing: 1 }));

  const open = interruptedComparison(context, { tables: [customers, orders], targetIds }, 'asked')!;

  expect(cutAsBefore(open, [orders, customers]).map(({ splits }) => splits)).toEqual([4, 40]);
  const again = rememberComparison(context, open.begun, open.splits);
  expect(again.known('customers', 11)).toEqual(found({ differing: 1 }));
  expect(again.known('customers', 12)).toBeUndefined();
  expect(warnings).toEqual([expect.stringContaining('12 of its 44 splits')]);
});

test('with other tables, or one of another shape, it does not go on', () => {
  const { memory, context } = aBegunComparison([{ table: orders, splits: 1 }]);
  memory.keep('orders', 0, found());
  const others: Table[][] = [
    [orders, customers],
    [customers],
    [aTable({ name: 'orders', regulars: { other: 'text' } })],
    [aTable({ name: 'orders', id: 'cd'.repeat(16) })],
  ];
  for (const tables of others) {
    expect(() => interruptedComparison(context, { tables, targetIds }, 'asked')).toThrow(/one of orders/);
    expect(interruptedComparison(context, { tables, targetIds }, 'recent')).toBeUndefined();
  }
});

test('by itself only one of the last day goes on; asked for, any', async () => {
  const { memory, context, clock } = aBegunComparison([{ table: orders, splits: 1 }]);
  memory.keep('orders', 0, found());
  expect(interruptedComparison(context, { tables: [orders], targetIds }, 'recent')).toBeDefined();
  await clock.sleep(day);
  expect(interruptedComparison(context, { tables: [orders], targetIds }, 'recent')).toBeUndefined();
  expect(interruptedComparison(context, { tables: [orders], targetIds }, 'asked')).toBeDefined();
});

test('the search for extra partitions of a target that is looked up counts as a split of its table', () => {
  const { memory, context, warnings } = aBegunComparison([{ table: orders, splits: 2 }], 'Random');
  for (const split of [0, 2]) memory.keep('orders', split, found());

  const open = interruptedComparison(context, { tables: [orders], otherPartitioner: 'Random', targetIds }, 'asked')!;

  expect(warnings).toEqual([expect.stringContaining('2 of its 3 splits')]);
  expect(cutAsBefore(open, [orders])).toEqual([{ table: orders, splits: 2 }]);
});

test.each([
  ['Random', undefined],
  [undefined, 'Random'],
])('none goes on where the target had the partitioner %s and has %s', (was, is) => {
  const { memory, context } = aBegunComparison([{ table: orders, splits: 2 }], was);
  memory.keep('orders', 0, found());

  expect(
    interruptedComparison(context, { tables: [orders], otherPartitioner: is, targetIds }, 'recent'),
  ).toBeUndefined();
  expect(() => interruptedComparison(context, { tables: [orders], otherPartitioner: is, targetIds }, 'asked')).toThrow(
    /partitioner was another/,
  );
});

test('none goes on where the target has another table in place of one that was compared', () => {
  const { memory, context } = aBegunComparison([{ table: orders, splits: 2 }]);
  memory.keep('orders', 0, found());

  const now = { tables: [orders], targetIds: { ...targetIds, orders: 'ef' } };
  expect(interruptedComparison(context, now, 'recent')).toBeUndefined();
  expect(() => interruptedComparison(context, now, 'asked')).toThrow(/other tables of the target: orders/);
  const elsewhere = { tables: [orders], targetIds: { ...targetIds, customers: 'ef' } };
  expect(interruptedComparison(context, elsewhere, 'recent')).toBeDefined();
});

test('where none was interrupted that is said to who asks, and nothing else', () => {
  const { context } = aContext();
  expect(() => interruptedComparison(context, { tables: [orders], targetIds }, 'asked')).toThrow(/none in the ledger/);
  expect(interruptedComparison(context, { tables: [orders], targetIds }, 'recent')).toBeUndefined();
});

function aBegunComparison(tables: readonly TableToCompare[], otherPartitioner?: string) {
  const { context, ...rest } = aContext();
  const begun = beginComparison(context, {
    ...{ tables, otherPartitioner, targetIds, state: context.ledger.state, streamTimeMicros: 1n },
  });
  rest.append({ kind: 'comparison-begun', begun });
  return { context, ...rest, memory: rememberComparison(context, begun) };
}

function aContext() {
  const clock = aClock();
  const facts: LedgerFact[] = [];
  const warnings: string[] = [];
  let state: MigrationState = emptyState;
  const append = (fact: LedgerFact) => {
    facts.push(fact);
    state = applyLedgerEvent(state, { ...fact, atMicros: clock.now, by: 'host:1' });
  };
  const ledger = {
    get state() {
      return state;
    },
    append: async (fact: LedgerFact) => append(fact),
    refresh: async () => state,
    close: async () => {},
  };
  const report = (event: { readonly kind: string; readonly text?: string }) =>
    void (event.kind === 'warning' && warnings.push(event.text ?? ''));
  const known = () => [...(state.comparison?.splits.keys() ?? [])];
  return { context: { ledger, clock, report }, clock, facts, warnings, append, known };
}

function found({ differing = 0, keyBytes = 4 } = {}): ComparedSplit {
  const share = { isPresent: true, rows: 1n, digest: 1n };
  const key = { partitionKey: [Buffer.alloc(keyBytes)], clustering: [] };
  return {
    source: { rows: 9n, digest: 1n },
    target: { rows: 9n, digest: 1n },
    differing: Array.from({ length: differing }, () => ({ key, columns: [], source: share, target: share })),
    notKept: 0,
  };
}
