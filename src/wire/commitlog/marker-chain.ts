import { checksumOfInts, halvesOfId } from './checksum.ts';

/** Bytes of a sync marker: int32 offset of the next marker, uint32 checksum over the segment id and its own offset. */
export const markerLength = 8;

export type Marker = { readonly next: number } | ChainEnd;

/**
 * Why the chain does not go on. Of a live segment each of them means "not yet", for the two ints of a marker are not
 * written at once. Of a finished one `unwritten` and `endOfFile` are the ordinary end; the others mean damage.
 */
export type ChainEnd = 'unwritten' | 'endOfFile' | 'badChecksum' | 'outOfRange';

/** Reads the marker at a file offset. `bytes` are the file's bytes from there on, fewer than eight at its end. */
export function readMarker(bytes: Buffer, offset: number, segmentId: bigint, fileSize: number): Marker {
  if (bytes.length < markerLength) return 'endOfFile';
  const next = bytes.readInt32BE(0);
  const checksum = bytes.readUInt32BE(4);
  if (next === 0 && checksum === 0) return 'unwritten';
  if (checksumOfInts([...halvesOfId(segmentId), offset]) !== checksum) return 'badChecksum';
  // The checksum does not cover `next`.
  if (next < offset + markerLength || next > fileSize) return 'outOfRange';
  return { next };
}

/** False where a finished segment's chain stops for a reason that means lost or damaged data. */
export function isOrdinaryEnd(end: ChainEnd): boolean {
  return end === 'unwritten' || end === 'endOfFile';
}
