import { setImmediate } from 'node:timers/promises';
import { CorruptSegmentError } from '../wire/commitlog/errors.ts';
import { type FollowEnd, followSegment, type Section, type SegmentFollower } from '../wire/commitlog/follow-segment.ts';
import { isOrdinaryEnd } from '../wire/commitlog/marker-chain.ts';
import { checkRecords, type LogRecord, recordsOf } from '../wire/commitlog/records.ts';
import { hasDataWithoutHeader } from '../wire/commitlog/segment-header.ts';
import type { SavedPlace } from './agent-position.ts';
import { hasCode } from './list-segments.ts';
import { openSegmentFile, type SegmentFile } from './segment-file.ts';
import type { SeenSegment } from './segment-source.ts';

/** How one segment stands after it was read as far as it goes. */
export interface FollowedSegment {
  readonly segment: SeenSegment;
  /** The node has used it: something lies behind its header. */
  readonly hasData: boolean;
  /** Behind the last section read; undefined until its header is there. */
  readonly place: SavedPlace | undefined;
  /** Damage as it looks now; of a segment that is still written it may be a write caught half-way. */
  readonly fault: string | undefined;
}

export interface ReadSection {
  readonly segment: bigint;
  readonly section: Section;
  /** All of them whole; read once. */
  readonly records: Iterable<LogRecord>;
}

export interface LogFollower {
  /** Reads every segment from where it was left to its end, in order; waits for `onSection` before it reads on. */
  readToEnd(
    segments: readonly SeenSegment[],
    onSection: (read: ReadSection) => Promise<void>,
  ): Promise<readonly FollowedSegment[]>;
  /** Damage that shows only once a segment is finished: data, and no header that says how to read it. */
  faultOfHeader(segment: bigint): Promise<string | undefined>;
  /** Closes one that is finished. */
  forget(segment: bigint): Promise<void>;
  /** Closes what was released meanwhile. */
  forgetUpTo(last: bigint): Promise<void>;
  close(): Promise<void>;
}

interface OpenSegment {
  readonly segment: SeenSegment;
  readonly file: SegmentFile;
  follower: SegmentFollower;
}

export interface LogFollowing {
  readonly places: ReadonlyMap<bigint, SavedPlace>;
  /** Kept to the segments that are open. */
  readonly openIds: Set<bigint>;
  /** Waited for before each section is read: one of a compressed log may be as large as its segment. */
  readonly room: () => Promise<void>;
}

/** Follows all unfinished segments of a node, each from its saved place. */
export function followLog({ places, openIds, room }: LogFollowing): LogFollower {
  const open = new Map<bigint, OpenSegment>();

  async function readToEnd(
    segments: readonly SeenSegment[],
    onSection: (read: ReadSection) => Promise<void>,
  ): Promise<readonly FollowedSegment[]> {
    const followed: FollowedSegment[] = [];
    for (const segment of withVanished(segments, open)) {
      const one = open.get(segment.id) ?? (await openSegment(segment, places.get(segment.id)));
      if (!one) continue;
      open.set(segment.id, one);
      openIds.add(segment.id);
      const fault = await readSegment(one, room, onSection);
      followed.push({ segment, hasData: hasData(one.follower), place: one.follower.place, fault });
    }
    return followed;
  }

  async function faultOfHeader(id: bigint): Promise<string | undefined> {
    const one = open.get(id);
    if (!one || one.follower.header) return undefined;
    return (await hasDataWithoutHeader(one.file)) ? 'it has data and no header' : undefined;
  }

  async function forget(id: bigint): Promise<void> {
    const one = open.get(id);
    open.delete(id);
    openIds.delete(id);
    await one?.file.close();
  }

  async function forgetUpTo(last: bigint): Promise<void> {
    for (const id of [...open.keys()]) if (id <= last) await forget(id);
  }

  return {
    readToEnd,
    faultOfHeader,
    forget,
    forgetUpTo,
    close: async () => {
      for (const id of [...open.keys()]) await forget(id);
    },
  };
}

/** The node may delete a segment of cdc_raw that we still read: the open file stays, and nothing is appended to it any more. */
function withVanished(
  segments: readonly SeenSegment[],
  open: ReadonlyMap<bigint, OpenSegment>,
): readonly SeenSegment[] {
  const seen = new Set(segments.map(({ id }) => id));
  const vanished = [...open.values()].filter(({ segment }) => !seen.has(segment.id));
  if (vanished.length === 0) return segments;
  const closed = vanished.map(({ segment }) => ({ ...segment, isClosed: true }));
  return [...segments, ...closed].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Undefined when it went between listing and opening; if it may hold changes, the next look calls it a hole. */
async function openSegment(segment: SeenSegment, from: SavedPlace | undefined): Promise<OpenSegment | undefined> {
  try {
    const file = await openSegmentFile(segment.path);
    return { segment, file, follower: follow(file, segment, from) };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function follow(file: SegmentFile, segment: SeenSegment, from: SavedPlace | undefined): SegmentFollower {
  return followSegment(file, segment.path, { expectedId: segment.id, ...(from && { from }) });
}

/** Answers the damage that stopped it, if it was not the end of what is written. */
async function readSegment(
  one: OpenSegment,
  room: () => Promise<void>,
  onSection: (read: ReadSection) => Promise<void>,
): Promise<string | undefined> {
  for (;;) {
    const { place } = one.follower;
    // A long log without anything wanted has always room: meanwhile new segments are to be held and signals heard.
    await setImmediate();
    await room();
    try {
      const next = await one.follower.next();
      if (typeof next === 'string') return faultOf(next);
      // All records before any is published: a section with a damaged one is read again as a whole.
      checkRecords(next);
      await onSection({ segment: one.segment.id, section: next, records: recordsOf(next) });
    } catch (error) {
      if (!(error instanceof CorruptSegmentError)) throw error;
      // The marker's length is under no checksum and may have been caught half-written: the next pass reads it again.
      one.follower = follow(one.file, one.segment, place);
      return error.message;
    }
  }
}

function faultOf(end: FollowEnd): string | undefined {
  if (end === 'headerNotYet' || isOrdinaryEnd(end)) return undefined;
  return end === 'badChecksum' ? 'a marker fails its checksum' : 'a marker points outside the file';
}

function hasData({ header, place }: SegmentFollower): boolean {
  return header !== undefined && place !== undefined && place.fileOffset > header.length;
}
