import { expect, test } from 'vitest';
import { snappyDecompress } from '../../../src/wire/pulsar/snappy-decompress.ts';

test('literals and copies of all three distance widths are read', () => {
  const block = Buffer.from([
    ...[22], // size
    ...[3 << 2, 0x61, 0x62, 0x63, 0x64], // "abcd"
    ...[(0 << 5) | (0 << 2) | 1, 4], // 4 bytes from 4 back
    ...[(5 << 2) | 2, 8, 0], // 6 bytes from 8 back
    ...[(7 << 2) | 3, 1, 0, 0, 0], // 8 bytes from 1 back: a run
  ]);
  expect(snappyDecompress(block, 22).toString()).toBe('abcdabcdabcdabbbbbbbbb');
});

test('a long literal has its length in the bytes behind the tag', () => {
  const text = 'x'.repeat(300);
  const block = Buffer.concat([Buffer.from([0xac, 0x02, 61 << 2, 0x2b, 0x01]), Buffer.from(text)]);
  expect(snappyDecompress(block, 300).toString()).toBe(text);
});

test.each([
  ['more data than announced', [1, 1 << 2, 0x61, 0x62]],
  ['less data than announced', [3, 0 << 2, 0x61]],
  ['literals past the end', [4, 3 << 2, 0x61]],
  ['a copy from before the data', [5, 0 << 2, 0x61, 1, 4]],
  ['a copy cut off', [5, 0 << 2, 0x61, (3 << 2) | 2, 1]],
])('%s throws', (_, bytes) => {
  expect(() => snappyDecompress(Buffer.from(bytes), bytes[0]!)).toThrow(RangeError);
});
