import { expect, test } from 'vitest';
import { emptyBooks } from '../../../src/model/stream-books.ts';
import { foldReports, type ProgressReport } from '../../../src/sandbox/demo/stream-record.ts';

test('the last word of every worker counts, of those killed as well', () => {
  const reports = [
    aReport({ worker: 'a', received: 5 }),
    aReport({ worker: 'a', received: 8 }),
    aReport({ worker: 'b', received: 3 }),
    aReport({ worker: 'a', partition: 1, received: 1 }),
  ];
  expect(foldReports(reports, 0).books.received).toBe(12);
});

test('a worker that takes a partition anew begins its books at zero; both stretches count', () => {
  const reports = [aReport({ received: 8 }), aReport({ received: 2 }), aReport({ received: 4 })];
  expect(foldReports(reports, 0).books).toMatchObject({ received: 12, applied: 12 });
});

test('the lag is that of changes applied after the given instant', () => {
  const reports = [
    aReport({ atMs: 1000, received: 100, latency: { 100: 100 } }),
    aReport({ atMs: 3000, received: 200, latency: { 100: 100, 50: 98, 60: 2 } }),
  ];
  expect(foldReports(reports, 2000).lagMs).toEqual({ p50: Math.round(1.1 ** 50), p99: Math.round(1.1 ** 60) });
});

test('without changes the lag is not known', () => {
  expect(foldReports([], 0)).toEqual({ books: emptyBooks, lagMs: { p50: undefined, p99: undefined } });
});

function aReport({ received = 0, ...part }: Partial<ProgressReport> & { received?: number }): ProgressReport {
  const books = { ...emptyBooks, received, applied: received };
  return { worker: 'a', partition: 0, atMs: 0, latency: {}, books, ...part };
}
