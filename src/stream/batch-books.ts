import { BooksError } from '../errors.ts';

/** What became of every update of a stretch of the stream. */
export interface StreamBooks {
  readonly received: number;
  readonly applied: number;
  readonly duplicates: number;
  /** Hidden by a later range or partition delete. */
  readonly superseded: number;
  readonly recopied: number;
  readonly deadLettered: number;
  /** Wait on the parked topic for a schema or for the operator. */
  readonly parked: number;
  /** Of tables that are not migrated by the stream, or without content. */
  readonly ignored: number;
}

export type Outcome = Exclude<keyof StreamBooks, 'received'>;

export const emptyBooks: StreamBooks = {
  received: 0,
  applied: 0,
  duplicates: 0,
  superseded: 0,
  recopied: 0,
  deadLettered: 0,
  parked: 0,
  ignored: 0,
};

/** The books of a batch; throws BooksError when an update has no outcome or two. */
export function balance(received: number, outcomes: readonly Outcome[], where: string): StreamBooks {
  const books: Record<keyof StreamBooks, number> = { ...emptyBooks, received };
  for (const outcome of outcomes) books[outcome]++;
  throwOnUnbalanced(books, where);
  return books;
}

/** Throws BooksError when an update has no outcome or two. */
export function throwOnUnbalanced({ received, ...outcomes }: StreamBooks, where: string): void {
  const accountedFor = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  if (accountedFor === received) return;
  throw new BooksError(`${where}: ${received} updates received, ${accountedFor} accounted for`);
}

export function addBooks(a: StreamBooks, b: StreamBooks): StreamBooks {
  const keys = Object.keys(a) as (keyof StreamBooks)[];
  return Object.fromEntries(keys.map((key) => [key, a[key] + b[key]])) as unknown as StreamBooks;
}
