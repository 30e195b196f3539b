/** Work that has begun and not ended, at most so many pieces at once. */
export interface InFlight {
  /** Begins a piece of work as soon as there is room; throws the failure of an earlier piece instead. */
  begin(work: () => Promise<void>): Promise<void>;
  /** Resolves when all has ended; throws the first failure. */
  ended(): Promise<void>;
}

/** `onFailure` is called once, with the first failure, as soon as it happens. */
export function boundInFlight(atOnce: number, onFailure: (error: unknown) => void): InFlight {
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  return {
    async begin(work) {
      while (running >= atOnce) await oneEnded();
      throwFailure();
      running++;
      work().catch(fail).finally(end);
    },
    async ended() {
      while (running > 0) await oneEnded();
      throwFailure();
    },
  };

  function oneEnded(): Promise<void> {
    return new Promise((resolve) => {
      wake = resolve;
    });
  }

  function end(): void {
    running--;
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
