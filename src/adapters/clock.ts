import { setTimeout as timer } from 'node:timers/promises';
import type { Clock } from '../ports/clock.ts';

/** The machine's wall clock in microseconds, strictly rising within this process. */
export function systemClock(): Clock {
  let lastMicros = 0n;
  let originMs = performance.timeOrigin;

  function nowMicros(): bigint {
    originMs = anchored(originMs);
    const micros = BigInt(Math.floor((originMs + performance.now()) * 1000));
    // A wall clock that was set back must not repeat or reorder timestamps: we creep on until it has caught up.
    lastMicros = micros > lastMicros ? micros : lastMicros + 1n;
    return lastMicros;
  }

  return { nowMicros, sleep };
}

/**
 * performance.now() counts microseconds but misses a suspended machine and a wall clock that was set, and drifts over
 * days; Date.now() sees all that but counts milliseconds. So the first is used, anchored to the second.
 */
function anchored(originMs: number): number {
  const behindMs = Date.now() - (originMs + performance.now());
  return Math.abs(behindMs) > toleratedMs ? originMs + behindMs : originMs;
}

const toleratedMs = 5;

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await timer(ms, undefined, { signal });
  } catch (error) {
    // Node's timer rejects with an error of its own and hides the reason behind it.
    throw signal?.aborted ? signal.reason : error;
  }
}
