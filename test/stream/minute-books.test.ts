import { expect, test } from 'vitest';
import { BooksError } from '../../src/errors.ts';
import { emptyBooks } from '../../src/model/stream-books.ts';
import { MinuteBooks } from '../../src/stream/minute-books.ts';

const second = 1_000_000n;
const noon = 1_700_000_040n * second;
const applied = (count: number) => ({ ...emptyBooks, received: count, applied: count });

test('of a minute that is not over nothing is told yet', () => {
  const minutes = new MinuteBooks(noon);
  minutes.add(applied(3), noon + 10n * second);
  expect(minutes.last(noon + 59n * second)).toEqual(emptyBooks);
});

test('of a minute that is over all is told, until the next one is', () => {
  const minutes = new MinuteBooks(noon);
  minutes.add(applied(3), noon + 10n * second);
  minutes.add(applied(4), noon + 20n * second);
  minutes.add(applied(9), noon + 61n * second);
  expect(minutes.last(noon + 62n * second)).toMatchObject({ received: 7, applied: 7 });
  expect(minutes.last(noon + 119n * second)).toMatchObject({ received: 7 });
  expect(minutes.last(noon + 121n * second)).toMatchObject({ received: 9 });
});

test('a minute in which nothing came is told as such', () => {
  const minutes = new MinuteBooks(noon);
  minutes.add(applied(3), noon + 10n * second);
  expect(minutes.last(noon + 150n * second)).toEqual(emptyBooks);
});

test('a minute that does not balance is an error, told with its end', () => {
  const minutes = new MinuteBooks(noon);
  minutes.add({ ...applied(3), received: 4 }, noon);
  expect(() => minutes.last(noon + 61n * second)).toThrow(BooksError);
  expect(() => minutes.last(noon + 61n * second)).toThrow(/^the minute before 2023-11-14T22:15:00.000Z: 4 .* 3 /);
});
