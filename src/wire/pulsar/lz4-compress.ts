const hashBits = 14;
const minMatch = 4;
/** The format forbids a match that begins in the last 12 bytes or reaches into the last 5. */
const matchStartMargin = 12;
const matchEndMargin = 5;
const farthest = 0xffff;
/** A call to set() costs more than a loop over so few. */
const shortLiterals = 32;

/** Bytes after which the table is cleared: seldom, for to clear it costs as much as to compress a small message. */
const clearAfter = 2 ** 24;

/** Where words were last seen, counted on from block to block: what was seen in an earlier one lies before the block. */
const lastSeen = new Int32Array(1 << hashBits).fill(-1);
let counted = 0;

/** One raw LZ4 block (no frame, no length before it), as Pulsar stores it. */
export function lz4Compress(source: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(source.length + Math.floor(source.length / 255) + 16);
  const words = new DataView(source.buffer, source.byteOffset, source.length);
  const begin = placeInTable(source.length);
  const lastStart = source.length - matchStartMargin;
  let at = 0;
  let from = 0;
  let to = 0;
  let misses = 0;
  while (at < lastStart) {
    const word = words.getInt32(at, true);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - hashBits);
    const candidate = lastSeen[slot]! - begin;
    lastSeen[slot] = at + begin;
    if (candidate < 0 || at - candidate > farthest || words.getInt32(candidate, true) !== word) {
      // Step wider the longer nothing repeats, so incompressible data costs little.
      at += 1 + (misses++ >> 6);
      continue;
    }
    const length = matchLength(source, words, candidate, at);
    to = writeMatch(out, writeLiterals(source, from, at, out, to), to, at - candidate, length);
    at += length;
    from = at;
    misses = 0;
  }
  return out.subarray(0, writeLiterals(source, from, source.length, out, to));
}

/** Where a block begins in the table's counting. */
function placeInTable(size: number): number {
  if (counted + size > clearAfter) {
    lastSeen.fill(-1);
    counted = 0;
  }
  const begin = counted;
  counted += size;
  return begin;
}

/** Four bytes a step, then one by one; the first four are known to be alike. */
function matchLength(source: Uint8Array, words: DataView, candidate: number, at: number): number {
  const limit = source.length - matchEndMargin - at;
  let length = minMatch;
  while (length + 4 <= limit && words.getInt32(candidate + length, true) === words.getInt32(at + length, true))
    length += 4;
  while (length < limit && source[candidate + length] === source[at + length]) length++;
  return length;
}

/** Token, its match nibble still 0, and literals; returns what comes behind. */
function writeLiterals(source: Uint8Array, from: number, end: number, out: Buffer, token: number): number {
  const count = end - from;
  out[token] = nibble(count) << 4;
  let to = writeLengthBytes(out, token + 1, count);
  if (count > shortLiterals) out.set(source.subarray(from, end), to);
  else for (let i = 0; i < count; i++) out[to + i] = source[from + i]!;
  to += count;
  return to;
}

function writeMatch(out: Buffer, at: number, token: number, distance: number, length: number): number {
  out[token]! |= nibble(length - minMatch);
  out[at] = distance & 0xff;
  out[at + 1] = distance >>> 8;
  return writeLengthBytes(out, at + 2, length - minMatch);
}

/** 15 means: more follows, in bytes of up to 255, ended by one below 255. */
function nibble(count: number): number {
  return count < 15 ? count : 15;
}

function writeLengthBytes(out: Buffer, at: number, count: number): number {
  if (count < 15) return at;
  let to = at;
  let rest = count - 15;
  for (; rest >= 255; rest -= 255) out[to++] = 255;
  out[to++] = rest;
  return to;
}
