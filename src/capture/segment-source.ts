import type { Fill } from '../model/agent-state.ts';
import type { AgentPosition } from './agent-position.ts';

/** Where an agent finds its node's segments: its own links (hold-segments) or the node's cdc_raw (list-cdc-segments). */
export interface SegmentSource {
  /** Finds what is there now; in commitlog mode links what is new. Calls wait for each other. */
  look(): Promise<Look>;
  /** Lets go of every segment that the saved position calls finished: before it is saved, a crash would still need them. */
  tidy(saved: AgentPosition): Promise<void>;
  /** Keeps a segment that cannot be read any further, out of the way. */
  setAside(segment: SeenSegment): Promise<void>;
  /** What unfinished segments take and may take, where that is closest to its limit. */
  fill(): Promise<SourceFill>;
  close(): Promise<void>;
  /** Unfinished segments that the node writes no more, oldest first: those that may be let go of unread. */
  releasable(): Promise<readonly ReleasableSegment[]>;
}

export interface SourceFill {
  readonly fill: Fill;
  readonly segments: number;
}

export interface ReleasableSegment extends Pick<SeenSegment, 'id' | 'path'> {
  /** What letting go of it gives back. */
  readonly bytes: number;
}

export interface Look {
  /** When it began: what was written before lies in these segments. */
  readonly atMicros: bigint;
  /** Unfinished ones, ids ascending. */
  readonly segments: readonly SeenSegment[];
  /** False when the node has segments that could not be held, or writes some past us: then nothing can be claimed of this instant. */
  readonly isComplete: boolean;
}

export interface SeenSegment {
  readonly id: bigint;
  readonly path: string;
  /** The node will append nothing more, and knew so before this look. */
  readonly isClosed: boolean;
}
