import * as zlib from 'node:zlib';
import { lz4Compress } from './lz4-compress.ts';
import { lz4Decompress } from './lz4-decompress.ts';
import { snappyDecompress } from './snappy-decompress.ts';

/** The protocol's numbers. We read all, and write NONE and LZ4. */
export const compressionNumbers = { none: 0, lz4: 1, zlib: 2, zstd: 3, snappy: 4 } as const;

export type WrittenCompression = 'none' | 'lz4';

export function compress(compression: WrittenCompression, bytes: Buffer): Buffer {
  return compression === 'lz4' ? lz4Compress(bytes) : bytes;
}

/** Throws unless the result has exactly `size` bytes. */
export function decompress(compression: number, bytes: Buffer, size: number): Buffer {
  const result = decompressAny(compression, bytes, size);
  if (result.length !== size) throw new RangeError(`decompressed to ${result.length} bytes, expected ${size}`);
  return result;
}

function decompressAny(compression: number, bytes: Buffer, size: number): Buffer {
  const maxOutputLength = Math.max(size, 1);
  switch (compression) {
    case compressionNumbers.lz4:
      return lz4Decompress(bytes, size);
    case compressionNumbers.zlib:
      // Java ends the stream with a sync flush instead of a last block: strict reading says "unexpected end of file".
      return zlib.inflateSync(bytes, { finishFlush: zlib.constants.Z_SYNC_FLUSH, maxOutputLength });
    case compressionNumbers.zstd:
      return zlib.zstdDecompressSync(bytes, { maxOutputLength });
    case compressionNumbers.snappy:
      return snappyDecompress(bytes, size);
    default:
      throw new RangeError(`unknown compression ${compression}`);
  }
}
