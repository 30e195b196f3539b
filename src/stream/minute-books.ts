import { emptyBooks, type StreamBooks } from '../model/stream-books.ts';
import { addBooks, throwOnUnbalanced } from './batch-books.ts';

const minuteMicros = 60_000_000n;

/** What was finished in each minute of the clock, so that those of all partitions can be added; each is balanced when it is over. */
export class MinuteBooks {
  #minute: bigint;
  #books: StreamBooks = emptyBooks;
  #last: StreamBooks = emptyBooks;

  constructor(nowMicros: bigint) {
    this.#minute = nowMicros / minuteMicros;
  }

  add(books: StreamBooks, nowMicros: bigint): void {
    this.#turnTo(nowMicros);
    this.#books = addBooks(this.#books, books);
  }

  /** Of the last whole minute. Throws BooksError where an update of it has no outcome or two. */
  last(nowMicros: bigint): StreamBooks {
    this.#turnTo(nowMicros);
    return this.#last;
  }

  #turnTo(nowMicros: bigint): void {
    const minute = nowMicros / minuteMicros;
    if (minute <= this.#minute) return;
    throwOnUnbalanced(
      this.#books,
      `the minute before ${new Date(Number((minute * minuteMicros) / 1000n)).toISOString()}`,
    );
    this.#last = minute === this.#minute + 1n ? this.#books : emptyBooks;
    this.#books = emptyBooks;
    this.#minute = minute;
  }
}
