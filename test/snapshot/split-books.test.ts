import { expect, test } from 'vitest';
import { BooksError, exitCodeOf } from '../../src/errors.ts';
import { openSplitBooks } from '../../src/snapshot/split-books.ts';

test('books in which every row has become something can be closed', () => {
  const books = openSplitBooks();
  books.read(3, 50);
  books.read(1, 10);
  books.written(2);
  books.superseded();
  books.deadLettered();

  expect(books.close('things/0')).toEqual({ read: 4n, written: 2n, superseded: 1n, deadLettered: 1n, bytes: 60n });
});

test('a row that was read and became nothing stops the run with an exit code of its own', () => {
  const books = openSplitBooks();
  books.read(2, 20);
  books.written();

  const close = () => books.close('things/0');

  expect(close).toThrow(BooksError);
  expect(close).toThrow('2 rows read, but 1 written');
  expect(exitCodeOf(new BooksError('x'))).toBe(5);
});
