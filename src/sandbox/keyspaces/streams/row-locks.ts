/** Lets one at a time do something with a partition, in the order in which they asked. */
export class RowLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` when nobody else holds any of the keys. */
  async hold<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    // All places are taken at once, so no two can wait for each other.
    const before = keys.map((key) => this.#last.get(key));
    const mine = Promise.all(before).then(work);
    const ended: Promise<void> = mine.then(
      () => this.#free(keys, ended),
      () => this.#free(keys, ended),
    );
    for (const key of keys) this.#last.set(key, ended);
    return mine;
  }

  #free(keys: readonly string[], ended: Promise<void>): void {
    for (const key of keys) if (this.#last.get(key) === ended) this.#last.delete(key);
  }
}
