/**
 * Bounds the writes in flight. The bound rises by one for each round of successes and halves when the target pushes
 * back (additive increase, multiplicative decrease), so writers of one target share it without talking to each other.
 */
export interface Throttle {
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  succeeded(): void;
  pushedBack(): void;
}

const forgetAfter = 1_000;

/** `onStepDown` hears the bound that holds from now on. */
export function createThrottle(maxInFlight: number, onStepDown: (inFlight: number) => void): Throttle {
  let bound = maxInFlight;
  let inFlight = 0;
  let successes = 0;
  /** Under way since before the last step down: what they meet says nothing about the new bound. */
  let earlier = 0;
  // Taken from the front by index: shift() moves all that is behind, and thousands may wait.
  let waiting: (() => void)[] = [];
  let first = 0;

  function release(): void {
    inFlight--;
    while (first < waiting.length && inFlight < bound) {
      inFlight++;
      waiting[first++]!();
    }
    if (first < forgetAfter) return;
    waiting = waiting.slice(first);
    first = 0;
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
      earlier = Math.max(0, earlier - 1);
      successes++;
      if (successes < bound || bound >= maxInFlight) return;
      successes = 0;
      bound = Math.min(maxInFlight, bound + 1);
    },
    pushedBack() {
      if (earlier > 0) {
        earlier--;
        return;
      }
      if (bound === 1) return;
      successes = 0;
      earlier = inFlight - 1;
      bound = Math.max(1, Math.floor(bound / 2));
      onStepDown(bound);
    },
  };
}
