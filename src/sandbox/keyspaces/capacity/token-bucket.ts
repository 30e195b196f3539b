/** Units that fill up with time. A large request may take it below nothing; the next ones wait for that. */
export class TokenBucket {
  #rate: number;
  #units: number;
  #filledAtMs: number;

  /** `rate` is units a second, and as much as is ever saved up. */
  constructor(rate: number, nowMs: number) {
    this.#rate = rate;
    this.#units = rate;
    this.#filledAtMs = nowMs;
  }

  get rate(): number {
    return this.#rate;
  }

  setRate(rate: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#rate = rate;
  }

  hasUnits(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#units > 0;
  }

  take(units: number): void {
    this.#units -= units;
  }

  #fill(nowMs: number): void {
    const earned = ((nowMs - this.#filledAtMs) / 1000) * this.#rate;
    this.#units = Math.min(this.#rate, this.#units + Math.max(0, earned));
    this.#filledAtMs = nowMs;
  }
}
