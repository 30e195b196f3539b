import { BooksError } from '../errors.ts';
import { accountedFor, emptyBooks, type StreamBooks } from '../model/stream-books.ts';

export type Outcome = Exclude<keyof StreamBooks, 'received'>;

/** The books of a batch; throws BooksError when an update has no outcome or two. */
export function balance(received: number, outcomes: readonly Outcome[], where: string): StreamBooks {
  const books: Record<keyof StreamBooks, number> = { ...emptyBooks, received };
  for (const outcome of outcomes) books[outcome]++;
  throwOnUnbalanced(books, where);
  return books;
}

/** Throws BooksError when an update has no outcome or two. */
export function throwOnUnbalanced(books: StreamBooks, where: string): void {
  const { received } = books;
  if (accountedFor(books) === received) return;
  throw new BooksError(`${where}: ${received} updates received, ${accountedFor(books)} accounted for`);
}

export function addBooks(a: StreamBooks, b: StreamBooks): StreamBooks {
  const keys = Object.keys(a) as (keyof StreamBooks)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as StreamBooks;
}
