import type { Clock } from '../../src/ports/clock.ts';

export interface SteppedClock extends Clock {
  now: bigint;
}

/** A clock that stands still but for the sleeps, which pass at once. */
export function aClock(nowMicros = 1_700_000_000_000_000n): SteppedClock {
  return {
    now: nowMicros,
    nowMicros() {
      this.now += 1n;
      return this.now;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await new Promise(setImmediate);
      this.now += BigInt(Math.round(ms * 1000));
    },
  };
}
