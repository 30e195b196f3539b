import { z } from 'zod';
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
  /** Canaries whose records are acknowledged and whose drain marks may not be. */
  readonly owedMarks: readonly string[];
  readonly unbrokenSinceMicros: bigint;
  /** The latest instant ever claimed by a watermark, or about to be. */
  readonly claimedMicros: bigint;
}

/** The marker behind the last section of a segment whose records are all acknowledged: reading goes on there. */
export interface SavedPlace {
  readonly fileOffset: number;
  readonly logicalOffset: number;
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
  const { places, newest, ...rest } = shape.parse(JSON.parse(text));
  return { ...rest, newest, places: new Map(places.map(({ segment, ...place }) => [segment, place])) };
}

const int64 = z
  .string()
  .regex(/^-?\d+$/)
  .transform(BigInt);
const offset = z.int().min(0);

const shape = z.object({
  node: z.string(),
  beganAt: int64,
  finishedUpTo: int64,
  newest: z.object({ id: int64, seenAtMs: z.number() }).optional(),
  places: z.array(z.object({ segment: int64, fileOffset: offset, logicalOffset: offset })),
  owedMarks: z.array(z.string()),
  unbrokenSinceMicros: int64,
  claimedMicros: int64,
});
