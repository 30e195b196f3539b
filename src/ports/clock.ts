/** Time as the rest of the program sees it, so that a test can hold it still. */
export interface Clock {
  /** Microseconds since 1970; never the same twice and never backwards within one process. */
  nowMicros(): bigint;
  /** Resolves after `ms`, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
