/** The newest segment an agent knows of, and the wall clock when it saw it first. */
export interface NewestSegment {
  readonly id: bigint;
  readonly seenAtMs: number;
}

/** Segments that the node had and the agent never held; both ends included. */
export interface Hole {
  readonly fromSegment: bigint;
  readonly toSegment: bigint;
}

/**
 * The holes between the newest known segment and those seen now, ascending.
 *
 * Ids are consecutive within one start of a node. A start of the node begins at the clock's milliseconds, far above the last
 * id. So a jump means missed segments, or a restart; and a restart is only harmless if nothing can have come and gone
 * unseen before it:
 * - `wasWatching`: the look before this one was complete and a moment ago. A node needs seconds between its last write and
 *   the first segment of its next start, and deletes the old ones only after that, so the look before saw them all.
 * - the id lies above the clock at which the newest known segment was first seen. Within one start ids never catch up
 *   with the clock (that would be more than a segment a millisecond), so such an id begins a new start.
 * An agent that was away meanwhile cannot know: the node may have filled and deleted any number of segments.
 */
export function findHoles(
  newest: NewestSegment | undefined,
  ids: readonly bigint[],
  wasWatching: boolean,
): readonly Hole[] {
  const holes: Hole[] = [];
  let last = newest?.id;
  for (const id of ids) {
    const isNextStart = wasWatching && last === newest?.id && newest !== undefined && id > BigInt(newest.seenAtMs);
    if (last !== undefined && id > last + 1n && !isNextStart)
      holes.push({ fromSegment: last + 1n, toSegment: id - 1n });
    last = id;
  }
  return holes;
}
