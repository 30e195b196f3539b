import { expect, test } from 'vitest';
import { backoffMs, waitBeforeAttempt } from '../../../src/wire/pulsar/backoff.ts';

test('waits double from 100 ms and never pass 3 s', () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 50].map((attempt) => backoffMs(attempt, () => 1));
  expect(longest).toEqual([100, 200, 400, 800, 1600, 3000, 3000, 3000]);
});

test('at least half of the wait remains, whatever the chance', () => {
  expect(backoffMs(3, () => 0)).toBe(400);
});

test('a signal ends the wait', async () => {
  await expect(waitBeforeAttempt(5, AbortSignal.timeout(10))).rejects.toThrow('aborted');
});
