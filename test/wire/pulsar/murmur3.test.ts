import { expect, test } from 'vitest';
import { partitionOfKey, stickyKeyHash } from '../../../src/wire/pulsar/murmur3.ts';

// Of the reference implementation (seed 0): "" 0, "a" 3c2569b2, "abc" b3dd93fa, "hello, world" 149bbb7f.
test.each([
  ['', 0],
  ['a', 0x3c2569b2],
  ['abc', 0xb3dd93fa],
  ['hello, world', 0x149bbb7f],
])('the hash of %j is that of the reference', (key, hash) => {
  const positive = hash & 0x7fffffff;
  expect(stickyKeyHash(Buffer.from(key))).toBe(positive % 65_536);
  expect(partitionOfKey(Buffer.from(key), 1_000_003)).toBe(positive % 1_000_003);
});
