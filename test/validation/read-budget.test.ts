import { expect, test } from 'vitest';
import { maxToken, minToken } from '../../src/model/token.ts';
import { compareSplit } from '../../src/validation/compare-split.ts';
import { createReadBudget } from '../../src/validation/read-budget.ts';
import { aClock } from '../support/a-clock.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { inMemoryReader } from '../support/in-memory-reader.ts';

const rows = Array.from({ length: 300 }, (_, id) => ({ values: { id: int(id), name: text(`n${id}`) } }));

test.each([
  ['without a budget it takes no time', undefined, 0, 1],
  // Sides are read at the same time.
  ['with one it takes at least as long as its rows', 100, 3, 7],
])('%s', async (_, rowsPerSecond, least, most) => {
  const clock = aClock();
  const began = clock.now;
  const [source, target] = [inMemoryReader(rows, [20]), inMemoryReader(rows, [20])];

  const budget = createReadBudget(clock, rowsPerSecond);
  const range = { start: minToken, end: maxToken };
  const compared = await compareSplit({ sides: { source, target }, table: aTable(), range, clock, budget });

  expect(compared.source.rows).toBe(300n);
  const seconds = Number(clock.now - began) / 1e6;
  expect(seconds).toBeGreaterThanOrEqual(least);
  expect(seconds).toBeLessThanOrEqual(most);
});

test('splits that are read at once share it, and idle time is not caught up with', async () => {
  const clock = aClock(0n);
  const slept: number[] = [];
  const stopped = {
    nowMicros: () => clock.now,
    sleep: async (ms: number) => void slept.push(Math.round(ms)),
  };
  const budget = createReadBudget(stopped, 1_000);

  budget.take('source', 500);
  budget.take('source', 500);
  budget.take('target', 100);
  clock.now = 10_000_000n;
  budget.take('source', 100);

  expect(slept).toEqual([500, 1_000, 100, 100]);
});
