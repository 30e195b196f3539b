import { describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../../src/events.ts';
import { openTargetClock } from '../../src/phases/follow-target-clock.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { aClock } from '../support/a-clock.ts';

/** Follows a target that answers these one after the other, an error as a failure; then stops. */
async function followed(...answers: readonly (bigint | Error)[]) {
  const left = [...answers];
  const stop = new AbortController();
  const told: string[] = [];
  const seen: bigint[] = [];
  const target = {
    async clockSkewMicros() {
      const answer = left.shift()!;
      if (left.length === 0) stop.abort();
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
  const steps = aClock();
  const clock = {
    ...steps,
    nowMicros: () => steps.nowMicros(),
    async sleep(ms: number) {
      seen.push(opened.skewMicros);
      await steps.sleep(ms);
    },
  };
  const report = (event: ProgressEvent) => void (event.kind === 'warning' && told.push(event.text));
  const context = { target, clock, report, signal: stop.signal } as unknown as WorkerContext;
  const opened = await openTargetClock(context);
  await opened.follow(stop.signal);
  return { told, seen, last: opened.skewMicros };
}

describe('the target’s clock', () => {
  test('is measured again while the worker runs, and what cannot be asked stays as it was', async () => {
    const { seen, last, told } = await followed(100n, 200n, new Error('away'), 300n);
    expect([...seen, last]).toEqual([100n, 200n, 200n, 300n]);
    expect(told).toEqual([]);
  });

  test('is told when it is half a second away, once until it is near again', async () => {
    const { told } = await followed(-600_000n, -700_000n, 0n, 900_000n);
    expect(told).toEqual([expect.stringContaining('-600 ms from ours'), expect.stringContaining('900 ms from ours')]);
  });

  test('that cannot be asked at the beginning keeps anything from being written', async () => {
    await expect(followed(new Error('away'))).rejects.toThrow('away');
  });
});
