import type { Clock } from '../ports/clock.ts';

/** So many rows a second; who takes some waits until those of before are paid for. */
export class RowBudget {
  readonly #clock: Clock;
  #freeAtMicros = 0n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The page is here already: what it costs is paid by the one after it. Answers when it may be worked on. */
  take(rows: number, rate: number): bigint {
    const now = this.#clock.nowMicros();
    // Time in which nothing was read is not caught up with.
    const startMicros = this.#freeAtMicros > now ? this.#freeAtMicros : now;
    this.#freeAtMicros = startMicros + BigInt(Math.round((rows * 1e6) / rate));
    return startMicros;
  }

  /** Begins anew from now on, as with another rate. */
  forget(): void {
    this.#freeAtMicros = this.#clock.nowMicros();
  }
}
