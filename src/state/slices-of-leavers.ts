import { followedNodes } from './compare-ring.ts';
import type { CaptureRecord, DoubtfulSlice } from './ledger-event.ts';
import type { MigrationState } from './migration-state.ts';

/**
 * The slices that a change of the ring puts in doubt: every table, for each node that is followed no more. Its agent may
 * have been silent, or behind, and nobody waits for it any longer; what its node took alone comes to the others past their
 * commit logs when it is decommissioned.
 */
export function slicesOfLeavers(
  { nodes }: CaptureRecord,
  state: Pick<MigrationState, 'capture' | 'handOver' | 'cutover'>,
  openedAtMicros: bigint,
): readonly DoubtfulSlice[] {
  const { handOver, cutover } = state;
  if (handOver === undefined || cutover !== undefined) return [];
  const stays = new Set(nodes.map(({ hostId }) => hostId));
  const left = followedNodes(state).filter(({ hostId }) => !stays.has(hostId));
  return left.flatMap(({ hostId, address }) =>
    handOver.tables.map(({ name: table }): DoubtfulSlice => {
      const reason = `${address} (${hostId}) left the ring, and nobody knows whether its agent had told of everything`;
      // With the instant: it may come back, and leave again.
      return { id: `${table}/${hostId} left at ${openedAtMicros}`, table, reason, openedAtMicros };
    }),
  );
}
