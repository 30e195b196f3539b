import { expect, test } from 'vitest';
import { boundInFlight } from '../../src/apply/in-flight.ts';

test('pieces of work are begun while their weights fit, and one that is too heavy runs alone', async () => {
  const writes = boundInFlight(10, () => {});
  let running = 0;
  const seen: number[] = [];
  const weights = [3, 4, 5, 1, 25, 2, 9];
  for (const weight of weights) {
    await writes.begin(async () => {
      running += weight;
      seen.push(running);
      await new Promise(setImmediate);
      running -= weight;
    }, weight);
  }
  await writes.ended();
  expect(seen).toHaveLength(weights.length);
  expect(seen.filter((weight) => weight > 10)).toEqual([25]);
});
