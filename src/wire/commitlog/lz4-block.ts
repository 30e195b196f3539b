import { copyMatch } from './copy-match.ts';

/** Decodes a raw LZ4 block of known plain length. Throws a RangeError when it is damaged. */
export function decodeLz4Block(block: Buffer, plainLength: number): Buffer {
  // No LZ4 block grows more than 255-fold: a length beyond that is damage and must not become an allocation.
  if (plainLength > block.length * 255) throw new RangeError('the block is too short for its plain length');
  const out = Buffer.allocUnsafe(plainLength);
  const cursor = { block, at: 0 };
  let written = 0;
  while (cursor.at < block.length) {
    const token = takeByte(cursor);
    written = copyLiterals(cursor, out, written, takeLength(cursor, token >> 4));
    // The last sequence is literals only.
    if (cursor.at === block.length) break;
    const distance = takeByte(cursor) | (takeByte(cursor) << 8);
    written = copyMatch(out, written, distance, takeLength(cursor, token & 15) + 4);
  }
  if (written !== plainLength) throw new RangeError(`the block ends after ${written} bytes`);
  return out;
}

interface Cursor {
  readonly block: Buffer;
  at: number;
}

function takeByte(cursor: Cursor): number {
  if (cursor.at >= cursor.block.length) throw new RangeError('the block ends inside a sequence');
  return cursor.block[cursor.at++]!;
}

/** A length of 15 goes on in further bytes, up to the first that is not 255. */
function takeLength(cursor: Cursor, nibble: number): number {
  let length = nibble;
  let byte = nibble === 15 ? 255 : 0;
  while (byte === 255) {
    byte = takeByte(cursor);
    length += byte;
  }
  return length;
}

function copyLiterals(cursor: Cursor, out: Buffer, at: number, length: number): number {
  const { block } = cursor;
  if (cursor.at + length > block.length || at + length > out.length)
    throw new RangeError(`literals at ${at} leave the output`);
  block.copy(out, at, cursor.at, cursor.at + length);
  cursor.at += length;
  return at + length;
}
