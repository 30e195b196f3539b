import fc from 'fast-check';

/** One thing that may happen to bytes; `at` is a share of their length. */
export type Damage =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly count: number }
  | { readonly kind: 'overwrite'; readonly at: number; readonly word: number };

/** Not `fc.double`, which is as likely to be 1e-300 as a half. */
const place = fc.nat({ max: 999_999 }).map((millionths) => millionths / 1_000_000);
/** Sizes that tempt: to allocate, to overflow, to go backwards. */
const word = fc.oneof(fc.constantFrom(0, 1, 0x7fffffff, 0x80000000, 0xffffffff), fc.nat({ max: 0xffffffff }));

export const anyDamage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: place, count: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('overwrite' as const), at: place, word }),
);

/** The damaged bytes, and the first that may differ. */
export function damaged(bytes: Buffer, damage: Damage): { readonly bytes: Buffer; readonly from: number } {
  const from = Math.floor(damage.at * bytes.length);
  const [before, after] = [bytes.subarray(0, from), bytes.subarray(from)];
  return { from, bytes: Buffer.concat([before, damagedTail(after, damage)]) };
}

function damagedTail(bytes: Buffer, damage: Damage): Buffer {
  const copy = Buffer.from(bytes);
  switch (damage.kind) {
    case 'flip':
      copy[0]! ^= 1 << damage.bit;
      return copy;
    case 'cut':
      return copy.subarray(0, 0);
    case 'insert':
      return Buffer.concat([damage.bytes, copy]);
    case 'remove':
      return copy.subarray(damage.count);
    case 'overwrite':
      if (copy.length >= 4) copy.writeUInt32BE(damage.word, 0);
      return copy;
  }
}
