/** The partitioner whose tokens these are: all of a source's that can be moved, and of nearly every target. */
export const murmur3 = 'org.apache.cassandra.dht.Murmur3Partitioner';

/** The smallest token; no key has it, so a range that starts there starts at the beginning of the ring. */
export const minToken = -(2n ** 63n);
export const maxToken = 2n ** 63n - 1n;

/** (start, end] on the ring, never wrapping: `end` is at least `start`. */
export interface TokenRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** Cuts the ring at the given tokens into ranges that do not wrap; together they hold every key once. */
export function rangesOfRing(tokens: readonly bigint[]): readonly TokenRange[] {
  const cuts = [...new Set(tokens)].filter((token) => token > minToken && token < maxToken).sort(compareTokens);
  const starts = [minToken, ...cuts];
  const ends = [...cuts, maxToken];
  return starts.map((start, index) => ({ start, end: ends[index]! }));
}

/** Tokens above the first up to the second, over the ring's end where that is smaller; the whole ring where they are equal. */
export function unwrapRange(first: bigint, second: bigint): readonly TokenRange[] {
  if (first < second) return [{ start: first, end: second }];
  const parts = [
    { start: first, end: maxToken },
    { start: minToken, end: second },
  ];
  return parts.filter(({ start, end }) => start < end);
}

/** Cuts a range into at most `count` pieces of nearly equal width. */
export function splitRange(range: TokenRange, count: number): readonly TokenRange[] {
  const width = range.end - range.start;
  const pieces = BigInt(Math.max(1, Math.min(count, Number(width > 1_000_000n ? 1_000_000n : width))));
  return Array.from({ length: Number(pieces) }, (_, index) => ({
    start: range.start + (width * BigInt(index)) / pieces,
    end: range.start + (width * BigInt(index + 1)) / pieces,
  }));
}

/** Whether every key is in one of them; they may overlap. */
export function holdWholeRing(ranges: readonly TokenRange[]): boolean {
  let heldUpTo = minToken;
  for (const { start, end } of ranges.toSorted((a, b) => compareTokens(a.start, b.start))) {
    if (start > heldUpTo) return false;
    if (end > heldUpTo) heldUpTo = end;
  }
  return heldUpTo === maxToken;
}

export function isInRange(token: bigint, range: TokenRange): boolean {
  return token > range.start && token <= range.end;
}

function compareTokens(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The partition of a topic that changes of this token travel on: equal stretches of the ring, so a range meets few partitions. */
export function topicPartitionOf(token: bigint, partitionCount: number): number {
  return Number(((token - minToken) * BigInt(partitionCount)) >> 64n);
}

/**
 * Murmur3Partitioner's token of a partition key: the first half of MurmurHash3 x64 128 with seed 0.
 * Cassandra's variant sign-extends the bytes of the tail, which the published algorithm does not.
 */
export function tokenOf(key: Buffer): bigint {
  const blocks = key.length >> 4;
  let h1 = 0n;
  let h2 = 0n;
  for (let block = 0; block < blocks; block++) {
    const k1 = key.readBigUInt64LE(block * 16);
    const k2 = key.readBigUInt64LE(block * 16 + 8);
    h1 = add(multiply(add(rotateLeft(h1 ^ mixK1(k1), 27n), h2), 5n), 0x52dce729n);
    h2 = add(multiply(add(rotateLeft(h2 ^ mixK2(k2), 31n), h1), 5n), 0x38495ab5n);
  }
  const [k1, k2] = tailOf(key, blocks * 16);
  h1 ^= mixK1(k1) ^ BigInt(key.length);
  h2 ^= mixK2(k2) ^ BigInt(key.length);
  h1 = add(h1, h2);
  h2 = add(h2, h1);
  const token = BigInt.asIntN(64, add(finalMix(h1), finalMix(h2)));
  return token === minToken ? maxToken : token;
}

const c1 = 0x87c37b91114253d5n;
const c2 = 0x4cf5ad432745937fn;

function tailOf(key: Buffer, from: number): [bigint, bigint] {
  let k1 = 0n;
  let k2 = 0n;
  for (let at = key.length - 1; at >= from + 8; at--) k2 ^= signExtended(key, at) << BigInt((at - from - 8) * 8);
  for (let at = Math.min(key.length, from + 8) - 1; at >= from; at--)
    k1 ^= signExtended(key, at) << BigInt((at - from) * 8);
  return [BigInt.asUintN(64, k1), BigInt.asUintN(64, k2)];
}

function signExtended(key: Buffer, at: number): bigint {
  return BigInt(key.readInt8(at));
}

function mixK1(k: bigint): bigint {
  return multiply(rotateLeft(multiply(k, c1), 31n), c2);
}

function mixK2(k: bigint): bigint {
  return multiply(rotateLeft(multiply(k, c2), 33n), c1);
}

function finalMix(hash: bigint): bigint {
  let mixed = multiply(hash ^ (hash >> 33n), 0xff51afd7ed558ccdn);
  mixed = multiply(mixed ^ (mixed >> 33n), 0xc4ceb9fe1a85ec53n);
  return mixed ^ (mixed >> 33n);
}

function rotateLeft(value: bigint, bits: bigint): bigint {
  const unsigned = BigInt.asUintN(64, value);
  return BigInt.asUintN(64, (unsigned << bits) | (unsigned >> (64n - bits)));
}

function add(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a + b);
}

function multiply(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(64, a * b);
}
