import { decompressSection } from './decompress-section.ts';
import { CorruptSegmentError } from './errors.ts';
import { type ChainEnd, markerLength, readMarker } from './marker-chain.ts';
import type { SegmentBytes } from './segment-bytes.ts';
import { maxHeaderLength, parseSegmentHeader, type SegmentHeader } from './segment-header.ts';

/** A marker's place, from which a later follower of the same segment goes on. */
export interface MarkerPlace {
  /** Offset in the file. */
  readonly fileOffset: number;
  /** The same place in the uncompressed stream, which is what Cassandra's positions count; equal in a plain log. */
  readonly logicalOffset: number;
}

/** Records that the node has completed, between two markers. */
export interface Section {
  readonly file: string;
  readonly header: SegmentHeader;
  /** Plain bytes of the records. */
  readonly bytes: Buffer;
  /** Logical position of bytes[0]. */
  readonly logicalStart: number;
  /** The marker before it: read again from here to see this section again. */
  readonly place: MarkerPlace;
  /** The marker after it. */
  readonly next: MarkerPlace;
}

/** `headerNotYet`: the node has made the file and not yet written its header. */
export type FollowEnd = ChainEnd | 'headerNotYet';

export interface SegmentFollower {
  /** Undefined until the header has been read. */
  readonly header: SegmentHeader | undefined;
  /** The marker that is read next; undefined until the header has been read. */
  readonly place: MarkerPlace | undefined;
  /**
   * The next complete section, or why there is none now; asked again later it goes on from there.
   * Reads nothing past the marker chain, where records may be half written.
   * Throws CorruptSegmentError or UnsupportedSegmentError; the place stays where it was.
   */
  next(): Promise<Section | FollowEnd>;
}

/** Follows a segment, growing or finished, from its beginning or from a place met before. `expectedId`: of its file name. */
export function followSegment(
  source: SegmentBytes,
  file: string,
  options: { readonly expectedId?: bigint; readonly from?: MarkerPlace } = {},
): SegmentFollower {
  let header: SegmentHeader | undefined;
  let place = options.from;
  return {
    get header() {
      return header;
    },
    get place() {
      return header && place;
    },
    async next() {
      if (!header) {
        const found = await readHeader(source, file, options.expectedId);
        if (found === 'notYet') return 'headerNotYet';
        header = found;
      }
      place ??= { fileOffset: header.length, logicalOffset: header.length };
      const section = await readSection(source, file, header, place);
      if (typeof section !== 'string') place = section.next;
      return section;
    },
  };
}

async function readHeader(source: SegmentBytes, file: string, expectedId?: bigint): Promise<SegmentHeader | 'notYet'> {
  const header = parseSegmentHeader(await source.read(0, maxHeaderLength), file);
  if (header !== 'notYet' && expectedId !== undefined && header.id !== expectedId) {
    throw new CorruptSegmentError(file, 4, `the header names segment ${header.id}, the file name ${expectedId}`);
  }
  return header;
}

async function readSection(
  source: SegmentBytes,
  file: string,
  header: SegmentHeader,
  place: MarkerPlace,
): Promise<Section | ChainEnd> {
  const { fileOffset, logicalOffset } = place;
  const marker = readMarker(await source.read(fileOffset, markerLength), fileOffset, header.id, await source.size());
  if (typeof marker === 'string') return marker;
  const bytes = await readPlain(source, file, header, fileOffset, marker.next);
  if (bytes === undefined) return 'outOfRange';
  const logicalStart = logicalOffset + markerLength;
  const next = { fileOffset: marker.next, logicalOffset: logicalStart + bytes.length };
  return { file, header, bytes, logicalStart, place, next };
}

/** The plain bytes behind a marker; undefined if the file, long enough a moment ago, was cut since. */
function readPlain(
  source: SegmentBytes,
  file: string,
  { compressor }: SegmentHeader,
  marker: number,
  end: number,
): Promise<Buffer | undefined> {
  const start = marker + markerLength;
  const length = end - start;
  if (compressor === undefined)
    return source.read(start, length).then((bytes) => (bytes.length < length ? undefined : bytes));
  return source.lend(start, length, (stored) =>
    stored.length < length ? undefined : decompressSection(compressor, stored, file, marker),
  );
}
