import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxToken, minToken } from '../../src/model/token.ts';
import { planSplits, splitCountFor, usualSizing } from '../../src/snapshot/plan-splits.ts';
import { aTable } from '../support/a-table.ts';

const unknownSize = { partitions: 0, meanPartitionBytes: 0 };

describe('planSplits', () => {
  test('the splits of each table hold the whole ring once, whatever the tokens and sizes', () => {
    fc.assert(
      fc.property(ringTokens(), fc.array(estimates(), { minLength: 1, maxLength: 4 }), (tokens, sizes) => {
        const tables = sizes.map((estimate, index) => ({ table: aTable({ name: `t${index}` }), estimate }));
        const splits = planSplits(tables, tokens);

        for (const { table } of tables) {
          const ranges = splits
            .filter((split) => split.table === table.name)
            .map((split) => split.range)
            .sort((a, b) => (a.start < b.start ? -1 : 1));
          expect(ranges[0]!.start).toBe(minToken);
          expect(ranges.at(-1)!.end).toBe(maxToken);
          for (const [index, range] of ranges.entries()) {
            expect(range.end).toBeGreaterThan(range.start);
            if (index > 0) expect(range.start).toBe(ranges[index - 1]!.end);
          }
        }
      }),
    );
  });

  test('the same facts in another order give the same splits', () => {
    const tables = ['b', 'a', 'c'].map((name) => ({ table: aTable({ name }), estimate: unknownSize }));

    expect(planSplits([...tables].reverse(), [5n, -7n, 0n])).toEqual(planSplits(tables, [0n, 5n, -7n]));
  });

  test('ids are unique and count the stretches of a table round the ring', () => {
    const splits = planSplits([{ table: aTable(), estimate: unknownSize }], []);

    const byNumber = [...splits].sort((a, b) => (a.range.start < b.range.start ? -1 : 1)).map((split) => split.id);

    expect(byNumber).toEqual(Array.from({ length: 8 }, (_, number) => `things/${number}`));
  });

  test('tables of one size take turns, and a split is far on the ring from the one before it', () => {
    const tables = ['a', 'b'].map((name) => ({ table: aTable({ name }), estimate: unknownSize }));

    const splits = planSplits(tables, []);

    expect(splits.map((split) => split.table).join('')).toBe('ab'.repeat(8));
    const starts = splits.filter((split) => split.table === 'a').map((split) => split.range.start);
    const eighth = (maxToken - minToken) / 8n;
    const distances = starts.slice(1).map((start, index) => distance(start, starts[index]!));
    expect(distances.every((far) => far > eighth)).toBe(true);
  });

  test('tables of a lower order come before all of a higher one', () => {
    const orders = { a: 5, b: undefined, c: -1, d: 5 };
    const tables = Object.entries(orders).map(([name, order]) => ({
      ...{ table: aTable({ name }), estimate: unknownSize },
      ...(order !== undefined && { order }),
    }));

    const splits = planSplits(tables, []);

    expect(splits.map((split) => split.table).join('')).toBe(`${'c'.repeat(8)}${'b'.repeat(8)}${'ad'.repeat(8)}`);
  });

  test('many virtual nodes do not make a small table many splits', () => {
    const tokens = Array.from({ length: 5_000 }, (_, index) => minToken + (BigInt(index + 1) * 2n ** 64n) / 5_001n);

    const splits = planSplits([{ table: aTable(), estimate: unknownSize }], tokens);

    expect(splits.length).toBeLessThanOrEqual(16);
  });
});

describe('splitCountFor', () => {
  test.each([
    { what: 'a table that was never flushed', partitions: 0, meanPartitionBytes: 0, count: usualSizing.fewest },
    { what: 'ten gibibytes', partitions: 10_485_760, meanPartitionBytes: 1024, count: 320 },
    { what: 'many tiny partitions', partitions: 50_000_000, meanPartitionBytes: 10, count: 500 },
    { what: 'a table of petabytes', partitions: 1e12, meanPartitionBytes: 1024, count: usualSizing.most },
  ])('$what: $count', ({ count, ...estimate }) => {
    expect(splitCountFor(estimate)).toBe(count);
  });
});

function ringTokens(): fc.Arbitrary<readonly bigint[]> {
  return fc.array(fc.bigInt({ min: minToken, max: maxToken }), { maxLength: 40 });
}

function estimates() {
  return fc.record({
    partitions: fc.integer({ min: 0, max: 3_000_000 }),
    meanPartitionBytes: fc.integer({ min: 0, max: 2_000 }),
  });
}

function distance(a: bigint, b: bigint): bigint {
  return a > b ? a - b : b - a;
}
