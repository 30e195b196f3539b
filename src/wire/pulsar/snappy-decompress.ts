import { copyMatch, wordsOf } from './lz4-decompress.ts';

/** Reads one raw Snappy block (length first, no framing) that holds exactly `size` bytes; throws a RangeError on anything else. */
export function snappyDecompress(block: Buffer, size: number): Buffer {
  const { value: announced, next } = readSize(block);
  // Before the memory is taken: a damaged length may say anything.
  if (announced !== size) throw damaged(`${announced} bytes, expected ${size}`);
  const out = Buffer.allocUnsafe(size);
  const words = wordsOf(out);
  let from = next;
  let to = 0;
  while (from < block.length) {
    const element = readElement(block, from);
    from = element.next;
    if (to + element.length > size) throw damaged('more data than announced');
    if (element.distance === 0) {
      if (from + element.length > block.length) throw damaged('literals run over the end');
      block.copy(out, to, from, from + element.length);
      from += element.length;
    } else {
      if (element.distance > to) throw damaged('a copy from before the data');
      copyMatch(out, words, to, element.distance, element.length);
    }
    to += element.length;
  }
  if (to !== size) throw damaged(`${to} bytes, expected ${size}`);
  return out;
}

interface Element {
  readonly length: number;
  /** 0 for literals, which follow at `next`. */
  readonly distance: number;
  readonly next: number;
}

/** The low two bits of the tag: 0 literals, 1 to 3 a copy with 1, 2 or 4 bytes of distance. */
function readElement(block: Buffer, at: number): Element {
  const tag = block[at]!;
  const upper = tag >>> 2;
  const kind = tag & 3;
  if (kind === 0) {
    const extra = upper < 60 ? 0 : upper - 59;
    const length = extra === 0 ? upper : littleEndian(block, at + 1, extra);
    return { length: length + 1, distance: 0, next: at + 1 + extra };
  }
  if (kind === 1) {
    const distance = ((tag >>> 5) << 8) | littleEndian(block, at + 1, 1);
    return copyOf((upper & 7) + 4, distance, at + 2);
  }
  const width = kind === 2 ? 2 : 4;
  return copyOf(upper + 1, littleEndian(block, at + 1, width), at + 1 + width);
}

function copyOf(length: number, distance: number, next: number): Element {
  if (distance === 0) throw damaged('a copy from distance 0');
  return { length, distance, next };
}

function littleEndian(block: Buffer, at: number, width: number): number {
  if (at + width > block.length) throw damaged('truncated');
  return block.readUIntLE(at, width);
}

function readSize(block: Buffer): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = block[i];
    if (byte === undefined) throw damaged('truncated');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: i + 1 };
  }
  throw damaged('bad length');
}

function damaged(what: string): RangeError {
  return new RangeError(`Snappy: ${what}`);
}
