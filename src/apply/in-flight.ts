/** Work that has begun and not ended, at most so much at once. */
export interface InFlight {
  /**
   * Begins a piece of work at once, or, where something is answered, as soon as there is room; throws the failure of an
   * earlier piece instead. A piece that weighs more than the bound has it for itself.
   */
  begin(work: () => Promise<void>, weight?: number): Promise<void> | undefined;
  /** Resolves when all has ended; throws the first failure. */
  ended(): Promise<void>;
}

/** `onFailure` is called once, with the first failure, as soon as it happens. */
export function boundInFlight(atOnce: number, onFailure: (error: unknown) => void): InFlight {
  let running = 0;
  let wanted = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;
  // Who waits for room is woken for several pieces, which then leave together, not for each.
  const enough = atOnce >> 3;

  return {
    begin(work, weight = 1) {
      if (!hasRoom(weight)) return beginLater(work, weight);
      start(work, weight);
      return undefined;
    },
    async ended() {
      while (running > 0) await roomFor(atOnce);
      throwFailure();
    },
  };

  function hasRoom(weight: number): boolean {
    return running === 0 || running + weight <= atOnce;
  }

  async function beginLater(work: () => Promise<void>, weight: number): Promise<void> {
    while (!hasRoom(weight)) await roomFor(weight);
    start(work, weight);
  }

  function start(work: () => Promise<void>, weight: number): void {
    throwFailure();
    running += weight;
    work().then(
      () => end(weight),
      (error: unknown) => {
        fail(error);
        end(weight);
      },
    );
  }

  function roomFor(weight: number): Promise<void> {
    wanted = weight;
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function end(weight: number): void {
    running -= weight;
    if (running > 0 && running > atOnce - Math.max(enough, wanted)) return;
    wake?.();
    wake = undefined;
  }

  function fail(error: unknown): void {
    if (failure) return;
    failure = { error };
    onFailure(error);
  }

  function throwFailure(): void {
    if (failure) throw failure.error;
  }
}
