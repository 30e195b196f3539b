/** Behind the clock, so that what the server stamps itself (conditional writes) is later than what was stamped before it. */
const lagMicros = 2_000n;

/**
 * Stamps for tables without client-side timestamps: each later than the one before, in the order of arrival. A conditional write
 * takes the server's own time, so it waits until that is later than all stamps given out, and later stamps go past it.
 */
export class WriteClock {
  readonly #nowMicros: () => bigint;
  #last = 0n;

  constructor(nowMicros: () => bigint) {
    this.#nowMicros = nowMicros;
  }

  next(): bigint {
    const candidate = this.#nowMicros() - lagMicros;
    this.#last = candidate > this.#last ? candidate : this.#last + 1n;
    return this.#last;
  }

  /** How long a conditional write has to wait, in ms. Servers stamp those in whole milliseconds. */
  get waitMs(): number {
    const behind = this.#last - this.#nowMicros() + 1_000n;
    return behind > 0n ? Number(behind / 1_000n) + 1 : 0;
  }

  /** After a conditional write: what comes now is later than it. */
  passNow(): void {
    const now = this.#nowMicros() + 1_000n;
    if (now > this.#last) this.#last = now;
  }
}
