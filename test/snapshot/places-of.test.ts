import { expect, test } from 'vitest';
import { placesOf } from '../../src/snapshot/places-of.ts';

const KiB = 1024;

test.each([
  ['a small row: one', 1, 200, 1],
  ['small rows that go together: one each', 30, 3 * KiB, 30],
  ['a row of half a MiB: as many as make it', 1, 512 * KiB, 16],
  ['a row larger than all that may be written at once: all of them', 1, 64 * 1024 * KiB, 256],
])('%s', (_, rows, bytes, places) => {
  expect(placesOf({ from: 3, to: 3 + rows, bytes }, 256)).toBe(places);
});
