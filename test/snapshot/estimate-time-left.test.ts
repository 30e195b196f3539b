import { expect, test } from 'vitest';
import type { CopiedSplit, Split } from '../../src/model/split.ts';
import { estimateSecondsLeft } from '../../src/snapshot/estimate-time-left.ts';

const second = 1_000_000n;

function aSplit(table: string, number: number): Split {
  return { id: `${table}/${number}`, table, tableId: 'ab', range: { start: 0n, end: 1n } };
}

function aTableOf(table: string, splits: number): readonly Split[] {
  return Array.from({ length: splits }, (_, number) => aSplit(table, number));
}

/** The first splits of it are copied, one every `everySeconds`, the first at 0. */
function copiedOf(splits: readonly Split[], count: number, everySeconds = 10, bytes = 1_000n, atSeconds = 0) {
  const books = { floorMicros: 1n, readRows: 1n, writtenRows: 1n, supersededRows: 0n, deadLetteredRows: 0n };
  return splits.slice(0, count).map((split, index): CopiedSplit => {
    const finishedAtMicros = BigInt(atSeconds + index * everySeconds) * second;
    return { split, ...books, bytes, worker: 'w', finishedAtMicros };
  });
}

function left(splits: readonly Split[], copied: readonly CopiedSplit[], atSeconds: number): number | undefined {
  const byId = new Map(copied.map((each) => [each.split.id, each]));
  return estimateSecondsLeft({ splits, copied: byId, nowMicros: BigInt(atSeconds) * second });
}

const orders = aTableOf('orders', 100);

test('splits that are left take as long as those that are done', () => {
  expect(left(orders, copiedOf(orders, 21), 200)).toBe(79 * 10);
});

test('nothing is said of a few splits, or of a few seconds', () => {
  expect(left(orders, copiedOf(orders, 7), 70)).toBeUndefined();
  expect(left(orders, copiedOf(orders, 50, 0), 1)).toBeUndefined();
});

test('nothing is said when all is done, or when nothing was finished in the last half hour', () => {
  expect(left(orders, copiedOf(orders, 100), 1_000)).toBeUndefined();
  expect(left(orders, copiedOf(orders, 50), 490 + 1_801)).toBeUndefined();
});

test('a night in which nobody copied does not make the copying slow', () => {
  const before = copiedOf(orders, 20);
  const after = copiedOf(orders.slice(20), 31, 10, 1_000n, 40_000);
  expect(left(orders, [...before, ...after], 40_300)).toBe(49 * 10);
});

test('while everything waits, the time that is left grows', () => {
  const copied = copiedOf(orders, 21);
  expect(left(orders, copied, 800)).toBeGreaterThan(left(orders, copied, 200)!);
});

test('splits of larger tables take longer', () => {
  const big = aTableOf('big', 20);
  const copied = [...copiedOf(orders, 11, 10, 1_000n), ...copiedOf(big, 11, 10, 9_000n)];
  // 100 s for 20 splits of 1,000 and 9,000 bytes, and one more of either that came first.
  expect(left([...orders.slice(0, 11), ...big], copied, 100)).toBe(
    Math.round((9 * 9_000) / ((10 * 1_000 + 11 * 9_000) / 100)),
  );
});

test('nothing is said while there are tables of which nothing is known, unless they hardly count', () => {
  const copied = copiedOf(orders, 50);
  expect(left([...orders, ...aTableOf('new', 40)], copied, 490)).toBeUndefined();
  expect(left([...orders, ...aTableOf('new', 5)], copied, 490)).toBe(55 * 10);
});
