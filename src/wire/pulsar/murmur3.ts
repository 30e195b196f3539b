/** 32 bits of Murmur3, seed 0, without sign: what Pulsar spreads keys by. */
function murmur3(bytes: Uint8Array): number {
  let hash = 0;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = rotated(hash ^ scrambled(word), 13);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let at = bytes.length - 1; at >= whole; at--) tail = (tail << 8) | bytes[at]!;
  if (bytes.length > whole) hash ^= scrambled(tail);
  return finished(hash ^ bytes.length);
}

/** The partition of a key, as the Java client's `HashingScheme.Murmur3_32Hash` has it for the same bytes. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur3(key) & 0x7fffffff) % partitionCount;
}

/** The place of a key among the 65,536 that Key_Shared consumers divide among themselves. */
export function stickyKeyHash(key: Uint8Array): number {
  return (murmur3(key) & 0x7fffffff) % 65_536;
}

function scrambled(word: number): number {
  return Math.imul(rotated(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
}

function finished(bits: number): number {
  let hash = bits;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
