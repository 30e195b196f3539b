/** Where an agent finds its node's segments: its own links (hold-segments) or the node's cdc_raw (list-cdc-segments). */
export interface SegmentSource {
  /** Finds what is there now; in commitlog mode links what is new. Calls wait for each other. */
  look(): Promise<Look>;
  /** Gives up every segment up to the finished one of the saved position; may be repeated. */
  tidy(): Promise<void>;
  /** Keeps a segment that cannot be read any further, out of the way. */
  setAside(segment: SeenSegment): Promise<void>;
}

export interface Look {
  /** When it began: what was written before lies in these segments. */
  readonly atMicros: bigint;
  /** Unfinished ones, ids ascending. */
  readonly segments: readonly SeenSegment[];
  /** False when the node has segments that could not be held: then nothing can be claimed of this instant. */
  readonly isComplete: boolean;
}

export interface SeenSegment {
  readonly id: bigint;
  readonly path: string;
  /** The node will append nothing more, and knew so before this look. */
  readonly isClosed: boolean;
}
