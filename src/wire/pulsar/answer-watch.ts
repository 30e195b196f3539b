/** Longest patience, in looks. */
const mostLooks = 32;

/**
 * Whether a broker that is alive has stopped to answer. It is asked in equal intervals, and gives the entry that is next for a
 * receipt a whole one; then twice as long each time, for on a slow way it may be the entry that takes so long.
 */
export class AnswerWatch {
  #next: number | undefined;
  #looks = 0;
  #patience = 1;

  /** A new connection: what was sent before is sent again, and its time begins anew. */
  reconnected(): void {
    this.#looks = -1;
  }

  /** Told which entry is next for a receipt: whether it has waited for long enough. */
  hasWaited(next: number | undefined): boolean {
    if (next === undefined || next !== this.#next) {
      this.#next = next;
      this.#looks = 0;
      this.#patience = 1;
      return false;
    }
    if (++this.#looks < this.#patience) return false;
    this.#looks = 0;
    this.#patience = Math.min(mostLooks, 2 * this.#patience);
    return true;
  }
}
