/** Work that has begun and not ended, at most so many pieces at once. */
export interface InFlight {
  /**
   * Begins a piece of work at once, or, where something is answered, as soon as there is room; throws the failure of an
   * earlier piece instead.
   */
  begin(work: () => Promise<void>): Promise<void> | undefined;
  /** Resolves when all has ended; throws the first failure. */
  ended(): Promise<void>;
}

/** `onFailure` is called once, with the first failure, as soon as it happens. */
export function boundInFlight(atOnce: number, onFailure: (error: unknown) => void): InFlight {
  let running = 0;
  let failure: { readonly error: unknown } | undefined;
  let wake: (() => void) | undefined;

  return {
    begin(work) {
      if (running >= atOnce) return beginLater(work);
      start(work);
      return undefined;
    },
    async ended() {
      while (running > 0) await oneEnded();
      throwFailure();
    },
  };

  async function beginLater(work: () => Promise<void>): Promise<void> {
    while (running >= atOnce) await oneEnded();
    start(work);
  }

  function start(work: () => Promise<void>): void {
    throwFailure();
    running++;
    work().then(end, (error: unknown) => {
      fail(error);
      end();
    });
  }

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
