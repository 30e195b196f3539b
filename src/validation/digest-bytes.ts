/**
 * The digest of rows: sums of MurmurHash3 x86 128 (seed 0) over each row's packed bytes, modulo 2^128, so that it does
 * not depend on the order of rows or splits. It says of two readings whether they saw the same rows; that the two sides
 * are equal is told from the bytes themselves and never from a digest, so a fast hash is enough.
 */
export class DigestSum {
  // Each lane is a sum of 32-bit numbers, exact in a double for 2^21 rows; BigInts are made once a fold, not once a row.
  readonly #lanes = new Float64Array(4);
  #sinceFold = 0;
  #folded = 0n;

  add(bytes: Uint8Array, start: number, end: number): void {
    addLanes(this.#lanes, bytes, start, end);
    if (++this.#sinceFold === foldEvery) this.#fold();
  }

  total(): bigint {
    this.#fold();
    return this.#folded;
  }

  #fold(): void {
    this.#folded = BigInt.asUintN(128, this.#folded + bigintOf(this.#lanes));
    this.#lanes.fill(0);
    this.#sinceFold = 0;
  }
}

const foldEvery = 1 << 20;

export function digestBytes(bytes: Uint8Array): bigint {
  const lanes = new Float64Array(4);
  addLanes(lanes, bytes, 0, bytes.length);
  return bigintOf(lanes);
}

function bigintOf(lanes: Float64Array): bigint {
  return lanes.reduceRight((sum, lane) => (sum << 32n) + BigInt(lane), 0n);
}

const c1 = 0x239b961b;
const c2 = 0xab0e9789;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93;

/** The published algorithm, its four results added to the lanes. Blocks and tail by plain arithmetic: this is the hot loop. */
function addLanes(lanes: Float64Array, bytes: Uint8Array, start: number, end: number): void {
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    h1 ^= mix(wordAt(bytes, at), c1, 15, c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(wordAt(bytes, at + 4), c2, 16, c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(wordAt(bytes, at + 8), c3, 17, c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(wordAt(bytes, at + 12), c4, 18, c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  h1 ^= mix(tailWord(bytes, at, end), c1, 15, c2);
  h2 ^= mix(tailWord(bytes, at + 4, end), c2, 16, c3);
  h3 ^= mix(tailWord(bytes, at + 8, end), c3, 17, c4);
  h4 ^= mix(tailWord(bytes, at + 12, end), c4, 18, c1);
  const length = end - start;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  lanes[0]! += h1 >>> 0;
  lanes[1]! += (h2 + h1) >>> 0;
  lanes[2]! += (h3 + h1) >>> 0;
  lanes[3]! += (h4 + h1) >>> 0;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

// Zero where there is nothing left, which leaves its lane as it is.
function tailWord(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) word = (word << 8) | bytes[i]!;
  return word;
}

function mix(word: number, first: number, turn: number, second: number): number {
  return Math.imul(rotate(Math.imul(word, first), turn), second);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function finish(word: number): number {
  let h = word ^ (word >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
