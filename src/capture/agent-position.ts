import { z } from 'zod';
import type { CaptureHole } from '../model/capture-hole.ts';
import type { NewestSegment } from './find-holes.ts';

/** What an agent must remember; everything it says has been acknowledged by Pulsar. */
export interface AgentPosition {
  /** Host id of the node; a position is worth nothing for another node's log. */
  readonly node: string;
  /** The first segment that is ours: older ones were there before us and are left alone. */
  readonly beganAt: bigint;
  /** Every segment up to this id is read and acknowledged. A finished segment may come back: a node that replays it links it again. */
  readonly finishedUpTo: bigint;
  readonly newest: NewestSegment | undefined;
  /** How far the unfinished segments are acknowledged; one that is missing here is read from its beginning. */
  readonly places: ReadonlyMap<bigint, SavedPlace>;
  /** Every segment that was seen and is not finished. */
  readonly expected: readonly ExpectedSegment[];
  /** Holes that the ledger may not know of yet. */
  readonly owedHoles: readonly CaptureHole[];
  /** Canaries whose records are acknowledged and whose drain marks may not be. */
  readonly owedMarks: readonly string[];
  readonly unbrokenSinceMicros: bigint;
  /** The latest instant ever claimed by a watermark, or about to be. */
  readonly claimedMicros: bigint;
}

export interface ExpectedSegment {
  readonly id: bigint;
  /** No write in it was acknowledged before this. */
  readonly sinceMs: number;
  /** It may hold changes that we want: were it gone before it is finished, that would be a hole. */
  readonly hasChanges: boolean;
}

/** The marker behind the last section of a segment whose records are all acknowledged: reading goes on there. */
export interface SavedPlace {
  readonly fileOffset: number;
  readonly logicalOffset: number;
}

/** No write in a segment was acknowledged before this. */
export function sinceOf(segment: bigint, { expected, unbrokenSinceMicros }: AgentPosition): bigint {
  const sinceMs = expected.find(({ id }) => id === segment)?.sinceMs;
  return sinceMs === undefined ? unbrokenSinceMicros : BigInt(Math.floor(sinceMs)) * 1000n;
}

export function positionText(position: AgentPosition): string {
  const written = {
    ...position,
    places: [...position.places].map(([segment, place]) => ({ segment, ...place })),
  };
  return `${JSON.stringify(written, (_, value) => (typeof value === 'bigint' ? `${value}` : value), 1)}\n`;
}

/** Throws for a text that positionText has not written. */
export function parsePosition(text: string): AgentPosition {
  const { places, newest, owedHoles, ...rest } = shape.parse(JSON.parse(text));
  return {
    ...rest,
    newest,
    owedHoles: owedHoles.map(({ tableIds, position, ...known }) => ({
      ...known,
      tableIds,
      ...(position !== undefined && { position }),
    })),
    places: new Map(places.map(({ segment, ...place }) => [segment, place])),
  };
}

const int64 = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const offset = z.int().min(0);

const hole = z.object({
  id: z.string(),
  node: z.string(),
  fromSegment: int64,
  toSegment: int64,
  position: offset.optional(),
  fromMicros: int64,
  toMicros: int64,
  tableIds: z.array(z.string()).optional(),
  reason: z.string(),
});

const shape = z.object({
  node: z.string(),
  beganAt: int64,
  finishedUpTo: int64,
  newest: z.object({ id: int64, seenAtMs: z.number() }).optional(),
  places: z.array(z.object({ segment: int64, fileOffset: offset, logicalOffset: offset })),
  // Absent in what an agent of before this was known has saved.
  expected: z.array(z.object({ id: int64, sinceMs: z.number(), hasChanges: z.boolean() })).default([]),
  owedHoles: z.array(hole).default([]),
  owedMarks: z.array(z.string()),
  unbrokenSinceMicros: int64,
  claimedMicros: int64,
});
