import { expect, test } from 'vitest';
import { emptyBooks } from '../../../src/model/stream-books.ts';
import { type DemoFacts, faultsOf, summaryText } from '../../../src/sandbox/demo/summary.ts';

const goodBooks = { ...emptyBooks, received: 10, applied: 6, duplicates: 3, recopied: 1 };

test('the summary says what an operator asks about', () => {
  const text = summaryText(someFacts());
  expect(text).toMatch(/orders +9 on the source +9 on the target\n/);
  expect(text).toContain('changes captured  10, of which 3 duplicates dropped');
  expect(text).toContain('balanced');
  expect(text).toContain('p50 120 ms, p99 800 ms');
  expect(text).toMatch(/start-sink +4\.3 s\n/);
  expect(text).toMatch(/differences +0\n/);
  expect(text).toContain('12 writes and 0 reads throttled, 4 answers lost, 0 requests refused');
});

test('of a target that is a Cassandra nothing is said of a stand-in', () => {
  expect(summaryText(someFacts({ rehearsed: undefined }))).not.toContain('stand-in');
});

test('differences are listed, the first of them with both values', () => {
  const differences = Array.from({ length: 30 }, (_, n) => ({
    table: 'orders',
    key: `${n}`,
    kind: 'value' as const,
    column: 'status',
    source: '"paid"',
    target: 'null',
  }));
  const text = summaryText(someFacts({ comparison: { tables: someFacts().comparison.tables, differences } }));
  expect(text).toContain('orders 0: value of status: "paid" on the source, null on the target');
  expect(text).not.toContain('orders 25:');
  expect(text).toContain('and more');
});

test('a demo in which nothing was wrong has no faults', () => {
  expect(faultsOf(someFacts())).toEqual([]);
});

test.each<[string, Partial<DemoFacts>]>([
  [
    '1 differences',
    { comparison: { tables: [aTable()], differences: [{ table: 'orders', key: '1', kind: 'extra' }] } },
  ],
  ['a table without rows proves nothing', { comparison: { tables: [aTable(0)], differences: [] } }],
  ['books that do not balance', { books: { ...goodBooks, received: 11 } }],
  ['1 dead letters', { books: { ...goodBooks, received: 11, deadLettered: 1 } }],
  ['2 messages among the dead letters', { status: { ...aStatus(), deadLetters: 2 } }],
  ['no cutover in the ledger', { status: { ...aStatus(), isCutOver: false } }],
  ['1 slices still in doubt', { status: { ...aStatus(), openSlices: [{ table: 'orders', reason: 'a hole' }] } }],
  ['no change was captured', { books: emptyBooks }],
  ['3 requests that Keyspaces would refuse', { rehearsed: { ...aRehearsal(), refused: 3 } }],
  ['the application wrote nothing', { application: { operations: 0, kinds: 0, failed: 0 } }],
])('"%s" fails the demo', (fault, part) => {
  expect(faultsOf(someFacts(part))).toEqual([fault]);
});

function someFacts(part: Partial<DemoFacts> = {}): DemoFacts {
  return {
    phases: [{ phase: 'start-sink', seconds: 4.25, summary: '' }],
    comparison: { tables: [aTable()], differences: [] },
    application: { operations: 100, kinds: 5, failed: 0 },
    status: aStatus(),
    books: goodBooks,
    lagMs: { p50: 120, p99: 800 },
    kills: ['a worker'],
    rehearsed: aRehearsal(),
    seconds: 100,
    ...part,
  };
}

function aTable(rows = 9) {
  return { table: 'orders', sourceRows: rows, targetRows: rows };
}

function aRehearsal() {
  return { writeUnits: 900, readUnits: 70, throttledWrites: 12, throttledReads: 0, lost: 4, refused: 0 };
}

function aStatus(): DemoFacts['status'] {
  return {
    isCutOver: true,
    splits: { planned: 4, copied: 4 },
    rows: { read: 9n, written: 9n, superseded: 0n, deadLettered: 0n },
    deadLetters: 0,
    openSlices: [],
  };
}
