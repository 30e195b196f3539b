/** So many rows, or units, a second; who takes some waits until those of before are paid for. Instants are microseconds since 1970. */
export class RowBudget {
  #freeAtMicros = 0n;

  /** When all that was taken so far is paid for. */
  get freeAtMicros(): bigint {
    return this.#freeAtMicros;
  }

  /** The page is here already: what it costs is paid by the one after it. Answers when it may be worked on. */
  take(rows: number, rate: number, nowMicros: bigint): bigint {
    // Time in which nothing was read is not caught up with.
    const startMicros = this.#freeAtMicros > nowMicros ? this.#freeAtMicros : nowMicros;
    this.#freeAtMicros = startMicros + BigInt(Math.round((rows * 1e6) / rate));
    return startMicros;
  }

  /** Begins anew from now on, as with another rate. */
  forget(nowMicros: bigint): void {
    this.#freeAtMicros = nowMicros;
  }
}
