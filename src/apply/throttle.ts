import type { Report } from '../events.ts';

/**
 * Bounds the writes in flight. The bound rises by one for each round of successes and halves when the target pushes
 * back (additive increase, multiplicative decrease), so writers of one target share it without talking to each other.
 */
export interface Throttle {
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  succeeded(): void;
  pushedBack(): void;
}

export function createThrottle(maxInFlight: number, report: Report): Throttle {
  let bound = maxInFlight;
  let inFlight = 0;
  let successes = 0;
  const waiting: (() => void)[] = [];

  function release(): void {
    inFlight--;
    while (waiting.length > 0 && inFlight < bound) {
      inFlight++;
      waiting.shift()!();
    }
  }

  return {
    async run(work, signal) {
      if (inFlight < bound) inFlight++;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        signal?.throwIfAborted();
        return await work();
      } finally {
        release();
      }
    },
    succeeded() {
      successes++;
      if (successes < bound || bound >= maxInFlight) return;
      successes = 0;
      bound = Math.min(maxInFlight, bound + 1);
    },
    pushedBack() {
      // Answers to writes of before the last step down say nothing about the new bound.
      if (successes === 0 && bound < maxInFlight) return;
      successes = 0;
      bound = Math.max(1, Math.floor(bound / 2));
      report({ kind: 'throttled', by: 'target', inFlight: bound });
    },
  };
}
