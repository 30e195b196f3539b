import { expect, test } from 'vitest';
import { PageSizes } from '../../../src/adapters/cassandra/page-sizes.ts';

const KiB = 1024;

test.each([
  ['narrow rows: more, but no leap on the word of one page', 500, { rows: 500, bytes: 50 * KiB }, 2_000],
  ['narrow rows: never more than a server should gather at once', 4_000, { rows: 4_000, bytes: 40 * KiB }, 5_000],
  ['wide rows: as many as make half a MiB', 500, { rows: 500, bytes: 5_000 * KiB }, 51],
  ['rows of a MiB: one by one', 500, { rows: 5, bytes: 5_000 * KiB }, 1],
  ['a page cut short: no more than before', 500, { rows: 20, bytes: KiB }, 500],
  ['an empty page says nothing', 500, { rows: 0, bytes: 0 }, 500],
])('%s', (_, asked, page, expected) => {
  expect(new PageSizes().after('SELECT', asked, page)).toBe(expected);
});

test('a query of which nothing is known asks for little, the next one with its text for what its pages have shown', () => {
  const sizes = new PageSizes();
  sizes.after('SELECT a', sizes.of('SELECT a'), { rows: 5, bytes: 5 * KiB });
  expect([sizes.of('SELECT a'), sizes.of('SELECT b')]).toEqual([20, 5]);
});
