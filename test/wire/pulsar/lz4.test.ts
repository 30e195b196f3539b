import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lz4Compress } from '../../../src/wire/pulsar/lz4-compress.ts';
import { lz4Decompress } from '../../../src/wire/pulsar/lz4-decompress.ts';

const word = fc.constantFrom('customer', 'order', ' ', '0', '{"id":', 'aaaaaaaaaaaaaaaaaaaa', '\u0000');
const repetitive = fc.array(word, { maxLength: 600 }).map((words) => Buffer.from(words.join('')));
const random = fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes));

test('what was compressed comes back the same', () => {
  fc.assert(
    fc.property(fc.oneof(repetitive, random), (bytes) => {
      expect(lz4Decompress(lz4Compress(bytes), bytes.length).equals(bytes)).toBe(true);
    }),
    { numRuns: 400 },
  );
});

test('a match that lies further back than the format can say is not used', () => {
  const far = Buffer.concat([Buffer.from('needle in a haystack'), noise(70_000), Buffer.from('needle in a haystack')]);
  expect(lz4Decompress(lz4Compress(far), far.length).equals(far)).toBe(true);
});

test('lengths that need many extra bytes survive', () => {
  const bytes = Buffer.concat([noise(5_000), Buffer.alloc(100_000, 'x'), noise(300)]);
  const block = lz4Compress(bytes);
  expect(block.length).toBeLessThan(6_500);
  expect(lz4Decompress(block, bytes.length).equals(bytes)).toBe(true);
});

test('a block does not depend on those before it, however many they were', () => {
  const bytes = Buffer.concat([Buffer.from('{"id":1,"state":"paid"}'.repeat(2_000)), noise(20_000)]);
  const first = lz4Compress(bytes);
  for (let n = 0; n < 600; n++) {
    lz4Compress(bytes.subarray(n));
    expect(lz4Compress(bytes).equals(first)).toBe(true);
  }
});

test('runs of every distance and length come back the same', () => {
  for (let distance = 1; distance <= 9; distance++) {
    for (const length of [4, 5, 6, 7, 8, 63, 64, 65, 66, 67, 300]) {
      const bytes = Buffer.concat([noise(70), Buffer.alloc(length + distance, noise(distance)), noise(13)]);
      expect(lz4Decompress(lz4Compress(bytes), bytes.length).equals(bytes)).toBe(true);
    }
  }
});

test('a damaged block throws and never returns other data of the right size by reading outside', () => {
  const block = lz4Compress(Buffer.from('abcdefgh'.repeat(20)));
  expect(() => lz4Decompress(block.subarray(0, -1), 160)).toThrow(RangeError);
  expect(() => lz4Decompress(block, 159)).toThrow(RangeError);
  expect(() => lz4Decompress(block, 161)).toThrow(RangeError);
  const matchFromBeforeTheData = Buffer.from([0x10, 0x61, 0x05, 0x00]);
  expect(() => lz4Decompress(matchFromBeforeTheData, 5)).toThrow('outside of the data');
  const lengthWithoutEnd = Buffer.from([0xf0, 0xff, 0xff]);
  expect(() => lz4Decompress(lengthWithoutEnd, 1000)).toThrow('within a length');
});

/** Bytes without repeats, the same at each run. */
function noise(length: number): Buffer {
  let state = 12345;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state >>> 24;
    }),
  );
}
