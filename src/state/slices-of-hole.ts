import type { CaptureHole } from '../model/capture-hole.ts';
import { instantText } from '../model/instant-text.ts';
import type { DoubtfulSlice, HandOverRecord } from './ledger-event.ts';
import type { MigrationState } from './migration-state.ts';

/** More than any clocks of a cluster may differ that passed the checks. */
const clockToleranceMicros = 30_000_000n;

/**
 * The slices that a hole puts in doubt: one of each migrated table that it names, or of all where nobody knows.
 *
 * None for a hole that had ended before the hand-over: the snapshot reads later. The fold asks this of a hole when it comes and of all open slices when
 * the hand-over comes, so it is the same in which order the two stand in the ledger.
 */
export function slicesOfHole(
  hole: CaptureHole,
  { capture, handOver }: Pick<MigrationState, 'capture' | 'handOver'>,
  openedAtMicros: bigint,
): readonly DoubtfulSlice[] {
  if (handOver !== undefined && isBeforeHandOver(hole, handOver)) return [];
  const tables = handOver?.tables ?? capture?.tables ?? [];
  const { node, fromMicros, toMicros, tableIds } = hole;
  return tables
    .filter(({ id }) => tableIds === undefined || tableIds.includes(id))
    .map(({ name }) => ({
      id: `${hole.id}/${name}`,
      table: name,
      reason: reasonOf(hole),
      openedAtMicros,
      hole: { node, fromMicros, toMicros },
    }));
}

export function isBeforeHandOver(
  { toMicros }: Pick<CaptureHole, 'toMicros'>,
  { instantMicros }: HandOverRecord,
): boolean {
  return toMicros + clockToleranceMicros <= instantMicros;
}

function reasonOf({ node, fromSegment, toSegment, fromMicros, toMicros, reason }: CaptureHole): string {
  const segments = fromSegment === toSegment ? `segment ${fromSegment}` : `segments ${fromSegment} to ${toSegment}`;
  return `${segments} of node ${node}, written between ${instantText(fromMicros)} and ${instantText(toMicros)}: ${reason}`;
}
