import { type Difference, isOnlyExpiry } from '../model/difference.ts';
import { instantText } from '../model/instant-text.ts';

/** Newest write times of the cells that differ, microseconds; undefined where a side has none, or CQL does not tell. */
export interface WriteTimes {
  readonly source: bigint | undefined;
  readonly target: bigint | undefined;
}

/** Where to look first. What certainly happened only logs tell. */
export function likelyReason(
  difference: Pick<Difference, 'kind' | 'columns'>,
  { source, target }: WriteTimes,
  handOverMicros: bigint,
): string {
  switch (difference.kind) {
    case 'pending':
      return 'its change may still be on its way';
    case 'missing':
      return `${unseen(source, handOverMicros)}, or somebody deleted it on the target`;
    case 'extra': {
      const when = target === undefined ? '' : ` at ${instantText(target)}`;
      return `the source deleted it unseen, or somebody wrote it to the target${when}`;
    }
    case 'mismatch':
      if (isOnlyExpiry(difference))
        return 'equal, but for when it ends: its write waited long on its way to a node, or what wrote it told of no TTL';
      if (source !== undefined && source === target)
        return `both sides were written at ${instantText(source)}: a tie, which each settled by itself`;
      if (target !== undefined && (source === undefined || target > source))
        return `the target was written at ${instantText(target)}, the source ${source === undefined ? 'not' : `at ${instantText(source)}`}: somebody else writes to the target, or a delete was not seen`;
      return unseen(source, handOverMicros);
  }
}

function unseen(source: bigint | undefined, handOverMicros: bigint): string {
  if (source === undefined) return 'the source was written unseen';
  return source < handOverMicros
    ? `written at ${instantText(source)}, before the hand-over, and not seen by the snapshot: data files that were loaded later, or a replica that had it alone`
    : `written at ${instantText(source)}, after the hand-over, and not captured or not applied`;
}
