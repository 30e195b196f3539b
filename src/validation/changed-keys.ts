/** More are not remembered: memory stays bounded, for each of many tables. */
const mostKeys = 50_000;
const mostBytes = 4 * 1024 * 1024;

/** The partition keys of a table's changes, while they are few. */
export class ChangedKeys {
  // A character a byte: a quarter of what buffers would take.
  #keys: Set<string> | undefined = new Set();
  #bytes = 0;
  readonly #most: number;

  constructor(most = mostKeys) {
    this.#most = most;
  }

  add(key: Buffer): void {
    const text = key.toString('latin1');
    if (!this.#keys || this.#keys.has(text)) return;
    this.#keys.add(text);
    this.#bytes += key.length;
    if (this.#keys.size > this.#most || this.#bytes > mostBytes) this.#keys = undefined;
  }

  /** Each of those that were added once; undefined: too many to know them all. */
  all(): readonly Buffer[] | undefined {
    return this.#keys && [...this.#keys].map((text) => Buffer.from(text, 'latin1'));
  }
}
