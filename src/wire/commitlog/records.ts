import { crc32 } from 'node:zlib';
import { checksumOfFourBytes } from './checksum.ts';
import { CorruptSegmentError } from './errors.ts';
import type { Section } from './follow-segment.ts';
import { isZero } from './is-zero.ts';

export interface LogRecord {
  /** The encoded mutation; shares the section's memory. */
  readonly body: Buffer;
  /** Logical position of the record's end: the name by which Cassandra knows it. */
  readonly endPosition: number;
}

/** The records of a section in the order of the log, each checked. Throws CorruptSegmentError at the first that is not whole. */
export function* recordsOf(section: Section): Generator<LogRecord, void> {
  const { bytes, logicalStart } = section;
  let at = 0;
  while (at + 4 <= bytes.length) {
    const size = bytes.readInt32BE(at);
    if (size === 0) break;
    const body = checkedBody(section, at, size);
    const end = at + recordOverhead + size;
    yield { body, endPosition: logicalStart + end };
    at = end;
  }
  // Padding, which is zeros to the end of the section: behind a size that was lost stand the records that it would hide.
  if (!isZero(bytes, at)) throw corrupt(section, at, 'a record without its size');
}

/** Throws CorruptSegmentError if any record of the section is not whole. Keeps none: of a large section they would take more than it. */
export function checkRecords(section: Section): void {
  for (const _ of recordsOf(section));
}

/** int32 size, uint32 checksum of the size, uint32 checksum of size and body. */
const recordOverhead = 12;

/** No mutation is shorter, and Cassandra itself calls a shorter one corrupt. */
const minBodyLength = 10;

function checkedBody(section: Section, at: number, size: number): Buffer {
  const { bytes } = section;
  if (size < minBodyLength || at + recordOverhead + size > bytes.length)
    throw corrupt(section, at, `a record of ${size} bytes`);
  const sizeChecksum = checksumOfFourBytes(bytes, at);
  if (sizeChecksum !== bytes.readUInt32BE(at + 4))
    throw corrupt(section, at, 'a record fails the checksum of its size');
  // One running checksum: over the size, then over the body.
  const body = bytes.subarray(at + 8, at + 8 + size);
  if (crc32(body, sizeChecksum) !== bytes.readUInt32BE(at + 8 + size))
    throw corrupt(section, at, 'a record fails its checksum');
  return body;
}

function corrupt(section: Section, at: number, reason: string): CorruptSegmentError {
  const isPlain = section.header.compressor === undefined;
  const offset = isPlain ? section.logicalStart + at : section.place.fileOffset;
  return new CorruptSegmentError(section.file, offset, `${reason} (logical position ${section.logicalStart + at})`);
}
