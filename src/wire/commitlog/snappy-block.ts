import { copyMatch } from './copy-match.ts';

/** Decodes a raw Snappy block of known plain length. Throws a RangeError when it is damaged. */
export function decodeSnappyBlock(block: Buffer, plainLength: number): Buffer {
  const start = readLength(block);
  if (start.length !== plainLength) throw new RangeError(`the block says ${start.length} bytes`);
  // The densest element makes 64 bytes of 3: a longer output is damage and must not become an allocation.
  if (plainLength > block.length * 64) throw new RangeError('the block is too short for its plain length');
  const out = Buffer.allocUnsafe(plainLength);
  let at = start.end;
  let written = 0;
  while (at < block.length) {
    const element = readElement(block, at);
    if (element.distance === undefined) {
      if (element.end + element.length > block.length || written + element.length > plainLength) {
        throw new RangeError(`literals at ${written} leave the output`);
      }
      block.copy(out, written, element.end, element.end + element.length);
      written += element.length;
      at = element.end + element.length;
    } else {
      written = copyMatch(out, written, element.distance, element.length);
      at = element.end;
    }
  }
  if (written !== plainLength) throw new RangeError(`the block ends after ${written} bytes`);
  return out;
}

interface Element {
  readonly length: number;
  /** Undefined for literals, which follow the element's head. */
  readonly distance?: number;
  readonly end: number;
}

function readLength(block: Buffer): { readonly length: number; readonly end: number } {
  let length = 0;
  for (let i = 0; i < 5 && i < block.length; i++) {
    length += (block[i]! & 0x7f) * 2 ** (7 * i);
    if (block[i]! < 0x80) return { length, end: i + 1 };
  }
  throw new RangeError('the block has no length');
}

// The reads of Buffer throw a RangeError past the end of the block.
function readElement(block: Buffer, at: number): Element {
  const tag = block[at]!;
  switch (tag & 3) {
    case 0:
      return readLiteralHead(block, at, tag >> 2);
    case 1:
      return { length: ((tag >> 2) & 7) + 4, distance: ((tag >> 5) << 8) | block.readUInt8(at + 1), end: at + 2 };
    case 2:
      return { length: (tag >> 2) + 1, distance: block.readUInt16LE(at + 1), end: at + 3 };
    default:
      return { length: (tag >> 2) + 1, distance: block.readUInt32LE(at + 1), end: at + 5 };
  }
}

function readLiteralHead(block: Buffer, at: number, code: number): Element {
  if (code < 60) return { length: code + 1, end: at + 1 };
  const bytes = code - 59;
  return { length: block.readUIntLE(at + 1, bytes) + 1, end: at + 1 + bytes };
}
