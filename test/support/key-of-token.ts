/** A partition key of one 16-byte blob whose Murmur3 token is this one: the hash of a single whole block, backwards. */
export function keyOfToken(token: bigint): Buffer {
  const length = 16n;
  // The sum of both finished halves is the token, so one of them may be chosen: zero.
  const finished1 = unmix(wrap(token));
  const finished2 = unmix(0n);
  const half2 = wrap(finished2 - finished1);
  const half1 = wrap(finished1 - half2);
  const h1 = half1 ^ length;
  const h2 = half2 ^ length;
  const k1 = rotateRight(wrap((h1 - 0x52dce729n) * inverse5), 27n);
  const k2 = rotateRight(wrap(wrap((h2 - 0x38495ab5n) * inverse5) - h1), 31n);
  const key = Buffer.alloc(16);
  key.writeBigUInt64LE(wrap(rotateRight(wrap(k1 * inverseC2), 31n) * inverseC1), 0);
  key.writeBigUInt64LE(wrap(rotateRight(wrap(k2 * inverseC1), 33n) * inverseC2), 8);
  return key;
}

const inverse5 = inverseOf(5n);
const inverseC1 = inverseOf(0x87c37b91114253d5n);
const inverseC2 = inverseOf(0x4cf5ad432745937fn);

function unmix(mixed: bigint): bigint {
  let hash = mixed ^ (mixed >> 33n);
  hash = wrap(hash * inverseOf(0xc4ceb9fe1a85ec53n));
  hash ^= hash >> 33n;
  hash = wrap(hash * inverseOf(0xff51afd7ed558ccdn));
  return hash ^ (hash >> 33n);
}

/** Of an odd number modulo 2^64: each step doubles the bits that are right. */
function inverseOf(odd: bigint): bigint {
  let inverse = odd;
  for (let bits = 3; bits < 64; bits *= 2) inverse = wrap(inverse * (2n - odd * inverse));
  return inverse;
}

function rotateRight(value: bigint, bits: bigint): bigint {
  return wrap((value >> bits) | (value << (64n - bits)));
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
