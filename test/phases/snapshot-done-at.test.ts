import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CopiedSplit, Split } from '../../src/model/split.ts';
import { isInRange, maxToken, minToken } from '../../src/model/token.ts';
import { snapshotDoneAt } from '../../src/phases/snapshot-done-at.ts';

function aSplit(id: string, start: bigint, end: bigint, tableId = 't'): Split {
  return { id, table: tableId, tableId, range: { start, end } };
}

function aState(splits: readonly Split[], finished: Readonly<Record<string, bigint>>) {
  const copied = splits
    .filter(({ id }) => id in finished)
    .map((split) => [split.id, { split, finishedAtMicros: finished[split.id] } as CopiedSplit] as const);
  return { splits: new Map(splits.map((split) => [split.id, split])), copied: new Map(copied) };
}

describe('the snapshot of a token', () => {
  const halves = [aSplit('t/0', minToken, 0n), aSplit('t/1', 0n, maxToken)];

  test('is done when its split is, whatever becomes of others and of other tables', () => {
    const state = aState([...halves, aSplit('u/0', minToken, maxToken, 'u')], { 't/0': 7n });
    const doneAt = snapshotDoneAt(() => state);
    expect([doneAt('t', 0n), doneAt('t', 1n), doneAt('u', 0n), doneAt('v', 0n)]).toEqual([
      7n,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is done when the last split that holds it is, of a partition that was cut', () => {
    const rest = aSplit('t/0+', -5n, 0n);
    const doneAt = (finished: Readonly<Record<string, bigint>>) =>
      snapshotDoneAt(() => aState([...halves, rest], finished))('t', -3n);
    expect([doneAt({ 't/0': 7n }), doneAt({ 't/0': 7n, 't/0+': 9n }), doneAt({ 't/0+': 9n })]).toEqual([
      undefined,
      9n,
      undefined,
    ]);
  });

  test('is asked of what the ledger tells now', () => {
    let state = aState([], {});
    const doneAt = snapshotDoneAt(() => state);
    expect(doneAt('t', 1n)).toBeUndefined();
    state = aState(halves, { 't/1': 3n });
    expect(doneAt('t', 1n)).toBe(3n);
    state = aState([...halves, aSplit('t/1+', 0n, maxToken)], { 't/1': 3n });
    expect(doneAt('t', 1n)).toBeUndefined();
  });

  test('waits for every split whose range holds it, however they lie in one another', () => {
    const ranges = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 })));
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 20 }), fc.nat(), (bounds, at, open) => {
        const token = BigInt(at);
        const splits = bounds.map(([a, b], index) =>
          aSplit(`t/${index}`, BigInt(Math.min(a, b)), BigInt(Math.max(a, b))),
        );
        const finished = Object.fromEntries(splits.map(({ id }, index) => [id, BigInt(index * 7) % 11n]));
        const left = splits[open % 9]?.id;
        if (left) delete finished[left];
        const ids = splits.filter(({ range }) => isInRange(token, range)).map(({ id }) => id);
        const times = ids.map((id) => finished[id]);
        const expected = times.includes(undefined)
          ? undefined
          : (times as bigint[]).toSorted((a, b) => Number(b - a))[0];
        expect(snapshotDoneAt(() => aState(splits, finished))('t', token)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});
