// int16, and negative ids belong to the server's own events.
const maxStreams = 32_768;

/** Hands out the stream ids of one connection; the last one given back goes out first, so the table stays small. */
export class StreamIds {
  readonly #free: number[] = [];
  #next = 0;

  /** undefined when all are taken. */
  take(): number | undefined {
    return this.#free.pop() ?? (this.#next < maxStreams ? this.#next++ : undefined);
  }

  giveBack(id: number): void {
    this.#free.push(id);
  }
}
