/**
 * Bounds the writes in flight. The bound rises by one for each round of successes and halves when the target pushes
 * back (additive increase, multiplicative decrease), so writers of one target share it without talking to each other.
 */
export interface Throttle {
  /**
   * Takes a place: at once where nothing is answered, else when the answer resolves. Give it back with `leave`, whatever becomes of the work.
   * What weighs more than the bound runs alone.
   */
  enter(weight: number): Promise<void> | undefined;
  leave(weight: number): void;
  /** Does a piece of work of weight 1 in a place of its own. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  succeeded(): void;
  pushedBack(): void;
  /** The target pushed back, and the bound has not risen again to where it was. */
  readonly isHeld: boolean;
}

interface Waiter {
  readonly weight: number;
  readonly go: () => void;
}

const forgetAfter = 1_000;

/** `onStepDown` hears the bound that holds from now on. */
export function createThrottle(maxInFlight: number, onStepDown: (inFlight: number) => void): Throttle {
  let bound = maxInFlight;
  let inFlight = 0;
  let pieces = 0;
  let successes = 0;
  /** Under way since before the last step down: what they meet says nothing about the new bound. */
  let earlier = 0;
  // Taken from the front by index: shift() moves all that is behind, and thousands may wait.
  let waiting: Waiter[] = [];
  let first = 0;

  function hasRoom(weight: number): boolean {
    return inFlight === 0 || inFlight + weight <= bound;
  }

  function begin(weight: number): void {
    inFlight += weight;
    pieces++;
  }

  function enter(weight: number): Promise<void> | undefined {
    // Those who came later and weigh less do not go first, or what is heavy would wait for ever.
    if (first < waiting.length || !hasRoom(weight)) return new Promise((go) => waiting.push({ weight, go }));
    begin(weight);
    return undefined;
  }

  function leave(weight: number): void {
    inFlight -= weight;
    pieces--;
    while (first < waiting.length && hasRoom(waiting[first]!.weight)) {
      const { weight: next, go } = waiting[first++]!;
      begin(next);
      go();
    }
    if (first < forgetAfter) return;
    waiting = waiting.slice(first);
    first = 0;
  }

  return {
    enter,
    leave,
    async run(work, signal) {
      await enter(1);
      try {
        signal?.throwIfAborted();
        return await work();
      } finally {
        leave(1);
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
      earlier = pieces - 1;
      bound = Math.max(1, Math.floor(bound / 2));
      onStepDown(bound);
    },
    get isHeld() {
      return bound < maxInFlight;
    },
  };
}
