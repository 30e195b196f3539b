import { describe, expect, test } from 'vitest';
import { emptyBooks } from '../../src/model/stream-books.ts';
import { type FinishedBatch, joinBatches, type Mark } from '../../src/stream/finished-batch.ts';

function aBatch(position: string, marks: readonly Mark[] = []): FinishedBatch {
  return {
    position: { text: position },
    marks,
    books: { ...emptyBooks, received: 2, applied: 2 },
    latency: { 3: 2 },
  };
}

function aWatermark(node: string, instantMicros: bigint, unbrokenSinceMicros = 0n): Mark {
  return { kind: 'watermark', node, instantMicros, unbrokenSinceMicros };
}

describe('two batches that follow one another', () => {
  test('are acknowledged by the last message of the later one, and counted as both', () => {
    const joined = joinBatches(aBatch('1'), aBatch('2'));
    expect(joined.position).toEqual({ text: '2' });
    expect(joined.books).toEqual({ ...emptyBooks, received: 4, applied: 4 });
    expect(joined.latency).toEqual({ 3: 4 });
  });

  test('tell of each node what its newest watermark tells, also where one comes again that says less', () => {
    const earlier = aBatch('1', [aWatermark('a', 5n, 1n), aWatermark('b', 7n), aWatermark('a', 6n, 1n)]);
    const later = aBatch('2', [aWatermark('a', 4n, 3n)]);
    const { marks } = joinBatches(earlier, later);
    expect(marks).toEqual([aWatermark('a', 6n, 3n), aWatermark('b', 7n)]);
  });

  test('keep every mark of a drain', () => {
    const drain = (node: string, nonce: string): Mark => ({ kind: 'drain-mark', node, nonce });
    const all = [drain('a', 'x'), drain('b', 'x'), drain('a', 'y')];
    expect(joinBatches(aBatch('1', all.slice(0, 1)), aBatch('2', all.slice(1))).marks).toEqual(all);
  });

  test('are no larger for being many, of whatever feed', () => {
    let joined = aBatch('0', [aWatermark('a', 0n)]);
    for (let at = 1; at < 1000; at++) joined = joinBatches(joined, aBatch(`${at}`, [aWatermark('a', BigInt(at))]));
    expect([joined.marks.length, Object.keys(joined.latency).length]).toEqual([1, 1]);
  });
});
