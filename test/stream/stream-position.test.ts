import { describe, expect, test } from 'vitest';
import { BooksError } from '../../src/errors.ts';
import { emptyBooks } from '../../src/model/stream-books.ts';
import { addBooks, balance } from '../../src/stream/batch-books.ts';
import { addLatencies, countLatencies, percentile } from '../../src/stream/latency.ts';
import { decodeProgress, encodeProgress, type PartitionProgress } from '../../src/stream/partition-progress.ts';
import { PartitionState } from '../../src/stream/partition-state.ts';
import { foldProgress } from '../../src/stream/stream-position.ts';

const now = 1_700_000_000_000_000n;
const second = 1_000_000n;

function aReport(parts: Partial<PartitionProgress> = {}): PartitionProgress {
  return {
    worker: 'w',
    partition: 0,
    atMicros: now,
    watermarks: { a: 50n, b: 40n },
    unbrokenSince: {},
    drained: [],
    books: emptyBooks,
    lastMinute: emptyBooks,
    latency: {},
    parked: [],
    ...parts,
  };
}

const expected = { partitionCount: 2, nodes: ['a', 'b'], nowMicros: now };

describe('the stream’s position', () => {
  test('is the least watermark over all partitions and nodes', () => {
    const position = foldProgress([aReport(), aReport({ partition: 1, watermarks: { a: 60n, b: 45n } })], expected);
    expect(position).toMatchObject({ streamTimeMicros: 40n, unknownBecause: undefined });
  });

  test('does not ask for nodes that are not expected', () => {
    const reports = [0, 1].map((partition) => aReport({ partition, watermarks: { a: 50n, b: 40n, gone: 1n } }));
    expect(foldProgress(reports, expected).streamTimeMicros).toBe(40n);
  });

  test.each([
    ['a partition that nobody reports on', [aReport()], 'partition 1'],
    ['a worker that fell silent', [aReport(), aReport({ partition: 1, atMicros: now - 11n * second })], 'partition 1'],
    ['a node without a watermark', [aReport(), aReport({ partition: 1, watermarks: { a: 1n } })], 'node b'],
  ])('is unknown for %s', (_, reports, reason) => {
    const position = foldProgress(reports, expected);
    expect(position.streamTimeMicros).toBeUndefined();
    expect(position.unknownBecause).toContain(reason);
  });

  test('takes the newest report of a partition, whatever the order', () => {
    const newest = aReport({ worker: 'new', watermarks: { a: 90n, b: 90n } });
    const stale = aReport({ worker: 'old', atMicros: now - second });
    for (const reports of [
      [newest, stale],
      [stale, newest],
    ])
      expect(foldProgress(reports, { ...expected, partitionCount: 1 }).streamTimeMicros).toBe(90n);
  });

  test('is drained when every partition is, also if a worker left since', () => {
    const done = aReport({ drained: ['n'], atMicros: now - 5n * second });
    const next = aReport({ worker: 'next' });
    const other = aReport({ partition: 1, drained: ['m', 'n'] });
    expect(foldProgress([done, next, other], expected).drained).toEqual(new Set(['n']));
    expect(foldProgress([done, next], expected).drained).toEqual(new Set());
  });
});

describe('a report of progress', () => {
  test('is read as it was written', () => {
    const report = aReport({ books: { ...emptyBooks, received: 3 }, latency: { 5: 2 }, drained: ['n'] });
    expect(decodeProgress(encodeProgress(report))).toEqual(report);
  });

  test.each(['', 'nonsense', '{}', 'null'])('is not seen in %j', (payload) => {
    expect(decodeProgress(Buffer.from(payload))).toBeUndefined();
  });
});

describe('what a worker knows of its partition', () => {
  const mark = (node: string) => ({ kind: 'drain-mark' as const, node, nonce: 'n' });
  const watermark = (instantMicros: bigint, unbrokenSinceMicros = 0n) => ({
    kind: 'watermark' as const,
    node: 'a',
    instantMicros,
    unbrokenSinceMicros,
  });

  test('a drain is passed with the mark of the last node, once', () => {
    const state = new PartitionState(0, now);
    expect(state.passDrainMark(mark('a'), ['a', 'b'])).toBe(false);
    expect(state.passDrainMark(mark('b'), ['a', 'b'])).toBe(true);
    state.drainDone('n');
    expect(state.passDrainMark(mark('b'), ['a', 'b'])).toBe(false);
    expect(state.progress('w', now, []).drained).toEqual(['n']);
  });

  test('a watermark that comes again takes nothing back; a later hole is kept', () => {
    const state = new PartitionState(0, now);
    state.passWatermark(watermark(50n, 20n));
    state.passWatermark(watermark(40n, 10n));
    expect(state.progress('w', now, [])).toMatchObject({ watermarks: { a: 50n }, unbrokenSince: { a: 20n } });
  });
});

describe('books of the stream', () => {
  test('count each update once and add up', () => {
    const books = balance(3, ['applied', 'duplicates', 'applied'], 'here');
    expect(books).toEqual({ ...emptyBooks, received: 3, applied: 2, duplicates: 1 });
    expect(addBooks(books, books)).toMatchObject({ received: 6, applied: 4, duplicates: 2 });
  });

  test('that do not balance are an error', () => {
    expect(() => balance(2, ['applied'], 'here')).toThrow(BooksError);
  });
});

describe('latencies', () => {
  test('a share of them stays within the percentile, good to a tenth', () => {
    const counts = countLatencies(Array.from({ length: 1000 }, (_, index) => index + 1));
    for (const [share, ms] of [
      [0.5, 500],
      [0.99, 990],
      [1, 1000],
    ] as const) {
      expect(percentile(counts, share)).toBeGreaterThanOrEqual(ms);
      expect(percentile(counts, share)).toBeLessThanOrEqual(ms * 1.11);
    }
  });

  test('are none without a change, and at least a millisecond', () => {
    expect(percentile(countLatencies([]), 0.5)).toBeUndefined();
    expect(percentile(countLatencies([-5]), 0.5)).toBe(1);
  });

  test('of two workers add up', () => {
    expect(addLatencies({ 1: 2, 3: 4 }, { 3: 1, 9: 1 })).toEqual({ 1: 2, 3: 5, 9: 1 });
  });
});
