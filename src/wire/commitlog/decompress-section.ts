import { inflateSync, zstdDecompressSync } from 'node:zlib';
import { CorruptSegmentError, UnsupportedSegmentError } from './errors.ts';
import { decodeLz4Block } from './lz4-block.ts';
import { decodeSnappyBlock } from './snappy-block.ts';

/** The records of a compressed section: int32 plain length, then the compressor's block. */
export function decompressSection(compressor: string, stored: Buffer, file: string, offset: number): Buffer {
  const decompress = decompressors[compressor];
  if (!decompress) throw new UnsupportedSegmentError(file, `the commit log is compressed with ${compressor}`);
  if (stored.length < 4) throw new CorruptSegmentError(file, offset, 'a compressed section without its length');
  const plainLength = stored.readInt32BE(0);
  // A segment that is closed while empty ends with a section of no bytes. A length that was lost would hide a whole one.
  if (plainLength === 0 && stored.length - 4 <= longestOfNothing) return Buffer.alloc(0);
  if (plainLength <= 0) throw new CorruptSegmentError(file, offset, `a compressed section of ${plainLength} bytes`);
  return checkedLength(decompress, stored.subarray(4), plainLength, file, offset);
}

/** No compressor makes more of no bytes: zstd with a checksum makes 13. The shortest mutation does not fit, however well it is compressed. */
const longestOfNothing = 32;

type Decompress = (block: Buffer, plainLength: number) => Buffer;

// The lengths in a section are under no checksum: each decompressor stops at the length named, whatever the block says.
const decompressors: Readonly<Record<string, Decompress>> = {
  LZ4Compressor: (block, plainLength) => decodeLz4Block(withoutLz4Length(block, plainLength), plainLength),
  SnappyCompressor: decodeSnappyBlock,
  DeflateCompressor: (block, plainLength) => inflateSync(block, { maxOutputLength: plainLength }),
  ZstdCompressor: (block, plainLength) => zstdDecompressSync(block, { maxOutputLength: plainLength }),
};

function checkedLength(
  decompress: Decompress,
  block: Buffer,
  plainLength: number,
  file: string,
  offset: number,
): Buffer {
  let plain: Buffer;
  try {
    plain = decompress(block, plainLength);
  } catch (cause) {
    throw new CorruptSegmentError(file, offset, `a section does not decompress: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (plain.length === plainLength) return plain;
  throw new CorruptSegmentError(file, offset, `a section of ${plainLength} bytes decompresses to ${plain.length}`);
}

/** Cassandra puts the plain length once more before an LZ4 block, this one little-endian. */
function withoutLz4Length(block: Buffer, plainLength: number): Buffer {
  if (block.length < 4 || block.readInt32LE(0) !== plainLength) throw new RangeError('the two plain lengths differ');
  return block.subarray(4);
}
