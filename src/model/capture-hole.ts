/** Changes of one node that no agent published, as far as they can be told. */
export interface CaptureHole {
  /** The same for the same hole, whoever tells of it how often. */
  readonly id: string;
  /** Host id of the node. */
  readonly node: string;
  /** Commit log segments, both ends included. */
  readonly fromSegment: bigint;
  readonly toSegment: bigint;
  /** Where a record ends that is all that is missing of its segment; absent where segments are. */
  readonly position?: number;
  /** No write of the hole was acknowledged before the first instant or after the second, by the clock of the node's agent. */
  readonly fromMicros: bigint;
  readonly toMicros: bigint;
  /** The tables whose records are missing; undefined: nobody read what is missing, so it may be any. */
  readonly tableIds: readonly string[] | undefined;
  /** Why they are missing, to stand behind "segments 1 to 2 of node x". */
  readonly reason: string;
}

/** A hole with its name, which follows from where it is. */
export function captureHole(hole: Omit<CaptureHole, 'id'>): CaptureHole {
  const { node, fromSegment, toSegment, position } = hole;
  const record = position === undefined ? '' : `/${position}`;
  return { id: `hole/${node}/${fromSegment}-${toSegment}${record}`, ...hole };
}
