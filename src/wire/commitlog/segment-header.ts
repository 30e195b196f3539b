import { crc32 } from 'node:zlib';
import { checksumOfInts, halvesOfId } from './checksum.ts';
import { CorruptSegmentError, UnsupportedSegmentError } from './errors.ts';
import { isZero } from './is-zero.ts';
import type { SegmentBytes } from './segment-bytes.ts';

export interface SegmentHeader {
  readonly logVersion: LogVersion;
  readonly id: bigint;
  /** The compressor's Java class without its package; undefined for a plain log. */
  readonly compressor: string | undefined;
  /** Where the first marker stands, physically and logically. */
  readonly length: number;
}

/** 7: Cassandra 4.0, 4.1, and 5.0 in its default compatibility mode. 8: 5.0 without it. */
export type LogVersion = 7 | 8;

/** Version, id, length of the JSON, checksum. */
const minHeaderLength = 18;

/** No header is longer: 14 bytes, at most 65535 of JSON, a checksum. */
export const maxHeaderLength = 14 + 0xffff + 4;

/**
 * Reads the header from the first bytes of a segment; `notYet` while the node has not written all of it.
 * Throws CorruptSegmentError, or UnsupportedSegmentError for other versions and for encrypted logs.
 */
export function parseSegmentHeader(bytes: Buffer, file: string): SegmentHeader | 'notYet' {
  if (bytes.length < minHeaderLength) return 'notYet';
  const version = bytes.readInt32BE(0);
  // A new file is zero-filled before its header is written: nothing can be said of it yet.
  if (version === 0) return 'notYet';
  const id = bytes.readBigInt64BE(4);
  const paramsLength = bytes.readUInt16BE(12);
  const length = minHeaderLength + paramsLength;
  if (bytes.length < length) return 'notYet';
  const params = bytes.subarray(14, 14 + paramsLength);
  const written = bytes.readUInt32BE(length - 4);
  const checksum = crc32(params, checksumOfInts([version, ...halvesOfId(id), paramsLength]));
  // The checksum is written last: a header that has none yet is being written.
  if (written === 0 && checksum !== 0) return 'notYet';
  if (written !== checksum) throw new CorruptSegmentError(file, 0, 'the header fails its checksum');
  return { logVersion: supportedVersion(version, file), id, compressor: readCompressor(params, file), length };
}

/**
 * Whether something stands behind the header, of a finished segment that has none to be read. Nothing does in one that the
 * node made and never began, or was killed over.
 */
export async function hasDataWithoutHeader(source: SegmentBytes): Promise<boolean> {
  const size = await source.size();
  const fixed = await source.read(0, minHeaderLength);
  if (fixed.length < minHeaderLength) return false;
  const length = minHeaderLength + fixed.readUInt16BE(12);
  // A length beyond the file is damage itself: what is appended to a file comes with its header in one piece.
  for (let at = length > size ? minHeaderLength : length; at < size; at += chunkBytes)
    if (!isZero(await source.read(at, chunkBytes))) return true;
  return false;
}

const chunkBytes = 64 * 1024;

function supportedVersion(version: number, file: string): LogVersion {
  if (version === 7 || version === 8) return version;
  throw new UnsupportedSegmentError(
    file,
    `commit log version ${version}; versions 7 and 8 (Cassandra 4.0, 4.1, 5.0) are read`,
  );
}

function readCompressor(params: Buffer, file: string): string | undefined {
  const values = JSON.parse(params.toString('utf8') || '{}') as Record<string, unknown>;
  if ('encCipher' in values || 'encKeyAlias' in values) {
    throw new UnsupportedSegmentError(file, 'the commit log is encrypted (transparent_data_encryption_options)');
  }
  const className = values.compressionClass;
  return typeof className === 'string' ? className.slice(className.lastIndexOf('.') + 1) : undefined;
}
