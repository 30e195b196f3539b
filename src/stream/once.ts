/** Runs work once a key; who asks again gets the same promise. */
export class Once<Key> {
  readonly #text: (key: Key) => string;
  readonly #work: (key: Key) => Promise<void>;
  readonly #running = new Map<string, Promise<void>>();

  constructor(text: (key: Key) => string, work: (key: Key) => Promise<void>) {
    this.#text = text;
    this.#work = work;
  }

  run(key: Key): Promise<void> {
    const text = this.#text(key);
    const running = this.#running.get(text) ?? this.#work(key);
    this.#running.set(text, running);
    return running;
  }
}
