import { expect, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import { createTimedQueue } from '../../src/apply/timed-queue.ts';
import { aClock } from '../support/a-clock.ts';

const startMicros = 1_700_000_000_000_000n;

test('who waits goes at its instant, not before, and in the order of those', async () => {
  const clock = aClock(startMicros);
  const queue = createTimedQueue(clock);
  const gone: [number, bigint][] = [];
  const instants = Array.from({ length: 200 }, (_, index) => startMicros + BigInt(index) * 40_000n);
  await Promise.all(instants.map((at, index) => queue.until(at).then(() => gone.push([index, clock.now]))));
  expect(gone.map(([index]) => index)).toEqual(instants.map((_, index) => index));
  for (const [index, at] of gone) expect(at).toBeGreaterThanOrEqual(instants[index]!);
  // Who comes when nobody waits any more is served again.
  await queue.until(clock.now + 10_000n);
});

test('thousands who are stopped leave at once with the reason, and the others go on', async () => {
  const clock = systemClock();
  const queue = createTimedQueue(clock);
  const stop = new AbortController();
  const far = clock.nowMicros() + 3_600_000_000n;
  const staying = queue.until(clock.nowMicros() + 600_000n);
  const stopped = Promise.allSettled(Array.from({ length: 5_000 }, () => queue.until(far, stop.signal)));
  stop.abort(new Error('stopped'));
  await expect(queue.until(far, stop.signal)).rejects.toThrow('stopped');
  for (const end of await stopped) expect(end).toMatchObject({ status: 'rejected', reason: stop.signal.reason });
  await staying;
});
