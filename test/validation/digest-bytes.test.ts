import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DigestSum, digestBytes } from '../../src/validation/digest-bytes.ts';

// As the reference implementation (MurmurHash3_x86_128, seed 0) prints its four words.
test.each([
  ['', '00000000000000000000000000000000'],
  ['a', 'a794933c5556b01b5556b01b5556b01b'],
  ['I will not buy this record, it is scratched.', 'a0a9683b25ac5e40d9af2895890dddf5'],
])('the digest of %j is that of MurmurHash3', (text, words) => {
  expect(wordsOf(digestBytes(Buffer.from(text)))).toBe(words);
});

test('the sum of rows is the sum of their digests, whatever stands around them and however many there are', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 70 })), fc.uint8Array(), (rows, around) => {
      const sum = new DigestSum();
      for (const row of rows) {
        const page = Buffer.concat([around, row, around]);
        sum.add(page, around.length, around.length + row.length);
      }
      const digests = rows.reduce((total, row) => BigInt.asUintN(128, total + digestBytes(row)), 0n);

      expect(sum.total()).toBe(digests);
      expect(sum.total()).toBe(digests);
    }),
  );
});

test('more rows than a lane can sum up exactly are still summed up exactly', () => {
  const row = Buffer.from('one row');
  const sum = new DigestSum();
  const count = 3_000_000;
  for (let n = 0; n < count; n++) sum.add(row, 0, row.length);

  expect(sum.total()).toBe(BigInt.asUintN(128, digestBytes(row) * BigInt(count)));
});

function wordsOf(digest: bigint): string {
  return [0n, 32n, 64n, 96n].map((shift) => ((digest >> shift) & 0xffff_ffffn).toString(16).padStart(8, '0')).join('');
}
