const hashBits = 14;
const minMatch = 4;
/** The format forbids a match that begins in the last 12 bytes or reaches into the last 5. */
const matchStartMargin = 12;
const matchEndMargin = 5;
const farthest = 0xffff;

/** One raw LZ4 block (no frame, no length before it), as Pulsar stores it. */
export function lz4Compress(source: Uint8Array): Buffer {
  const block = new BlockWriter(source);
  const lastSeen = new Int32Array(1 << hashBits).fill(-1);
  const end = source.length - matchStartMargin;
  let at = 0;
  let misses = 0;
  while (at < end) {
    const word = readWord(source, at);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
    const candidate = lastSeen[slot]!;
    lastSeen[slot] = at;
    if (candidate >= 0 && at - candidate <= farthest && readWord(source, candidate) === word) {
      const length = matchLength(source, candidate, at);
      block.match(at, at - candidate, length);
      at += length;
      misses = 0;
    } else {
      // Step wider the longer nothing repeats, so incompressible data costs little.
      at += 1 + (misses++ >> 6);
    }
  }
  return block.finish();
}

class BlockWriter {
  private readonly source: Uint8Array;
  private readonly out: Buffer;
  private length = 0;
  private literalsFrom = 0;

  constructor(source: Uint8Array) {
    this.source = source;
    this.out = Buffer.allocUnsafe(source.length + Math.floor(source.length / 255) + 16);
  }

  match(at: number, distance: number, length: number): void {
    const token = this.literals(at);
    this.out[this.length++] = distance & 0xff;
    this.out[this.length++] = distance >>> 8;
    this.out[token]! |= this.lengthNibble(length - minMatch);
    this.literalsFrom = at + length;
  }

  finish(): Buffer {
    this.literals(this.source.length);
    return this.out.subarray(0, this.length);
  }

  /** Writes token and literals; returns where the token lies, its match nibble still 0. */
  private literals(end: number): number {
    const token = this.length++;
    this.out[token] = this.lengthNibble(end - this.literalsFrom) << 4;
    this.out.set(this.source.subarray(this.literalsFrom, end), this.length);
    this.length += end - this.literalsFrom;
    return token;
  }

  /** 15 in the nibble means: more follows, in bytes of up to 255, ended by one below 255. */
  private lengthNibble(count: number): number {
    if (count < 15) return count;
    let rest = count - 15;
    for (; rest >= 255; rest -= 255) this.out[this.length++] = 255;
    this.out[this.length++] = rest;
    return 15;
  }
}

function matchLength(source: Uint8Array, candidate: number, at: number): number {
  const limit = source.length - matchEndMargin - at;
  let length = minMatch;
  while (length < limit && source[candidate + length] === source[at + length]) length++;
  return length;
}

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
