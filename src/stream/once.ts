import { createThrottle } from '../apply/throttle.ts';

/** Runs work once a key, so much of it at a time; who asks again gets the same promise. */
export class Once<Key, Result> {
  readonly #text: (key: Key) => string;
  readonly #work: (key: Key) => Promise<Result>;
  readonly #running = new Map<string, Promise<Result>>();
  readonly #lanes;

  constructor(text: (key: Key) => string, work: (key: Key) => Promise<Result>, maxAtOnce: number) {
    this.#text = text;
    this.#work = work;
    this.#lanes = createThrottle(maxAtOnce, () => {});
  }

  run(key: Key): Promise<Result> {
    const text = this.#text(key);
    const running = this.#running.get(text) ?? this.#lanes.run(() => this.#work(key));
    this.#running.set(text, running);
    return running;
  }
}
