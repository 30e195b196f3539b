import { expect, test } from 'vitest';
import { freeMemory } from '../../src/capture/free-memory.ts';

const mebibyte = 2 ** 20;

test('the memory of a large buffer is given back, and nobody can read it any more', () => {
  const large = Buffer.alloc(2 * mebibyte, 1);
  const record = large.subarray(10, 20);
  freeMemory(large);
  expect([large.length, record.length, large.buffer.byteLength]).toEqual([0, 0, 0]);
});

test.each([
  { title: 'a small one', bytes: Buffer.from('small') },
  { title: 'a part of a larger one', bytes: Buffer.alloc(4 * mebibyte).subarray(0, 2 * mebibyte) },
])('$title is left alone: others have their bytes there', ({ bytes }) => {
  const { length } = bytes;
  freeMemory(bytes);
  expect(bytes.length).toBe(length);
});
