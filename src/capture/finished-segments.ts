import type { FollowedSegment } from './follow-log.ts';

export interface FinishRule {
  /** Of what a pass has read to its end, those from the first on that will never have more, in order. */
  finished(followed: readonly FollowedSegment[], nowMicros: bigint): readonly FollowedSegment[];
}

/**
 * A segment is finished when the node had closed it before it was read to its end, or when a later segment has had data for
 * a while. Not at once: while the node switches, a writer that still holds the earlier segment may put one more record
 * into it, and its marker comes with one of the next syncs, after the first of the later segment.
 */
export function finishRule(settleMicros = 10_000_000n): FinishRule {
  const supersededSince = new Map<bigint, bigint>();

  function isFinished({ segment }: FollowedSegment, hasLaterData: boolean, nowMicros: bigint): boolean {
    if (segment.isClosed) return true;
    if (!hasLaterData) return false;
    const since = supersededSince.get(segment.id) ?? nowMicros;
    supersededSince.set(segment.id, since);
    return nowMicros - since >= settleMicros;
  }

  function finished(followed: readonly FollowedSegment[], nowMicros: bigint): readonly FollowedSegment[] {
    const lastWithData = followed.findLastIndex(({ hasData }) => hasData);
    const firstOpen = followed.findIndex((one, index) => !isFinished(one, index < lastWithData, nowMicros));
    const done = firstOpen === -1 ? followed : followed.slice(0, firstOpen);
    for (const { segment } of done) supersededSince.delete(segment.id);
    return done;
  }

  return { finished };
}
