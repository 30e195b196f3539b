import type { CaptureRecord, DoubtfulSlice } from './ledger-event.ts';
import type { MigrationState } from './migration-state.ts';

/**
 * The slices of a deploy-agent that comes after an undo: each table whose cdc option that undo had turned off. Meanwhile nodes
 * let the segments of cdc_raw go by themselves, which is no hole to an agent that goes on where it was.
 */
export function slicesOfUndo(
  next: CaptureRecord,
  { capture, handOver, cutover }: Pick<MigrationState, 'capture' | 'handOver' | 'cutover'>,
  openedAtMicros: bigint,
): readonly DoubtfulSlice[] {
  if (!capture?.isUndone || next.isUndone || handOver === undefined || cutover !== undefined) return [];
  const tables = handOver.tables.filter(({ name }) => capture.cdcTurnedOn.includes(name));
  const reason =
    'undo deploy-agent had turned its cdc option off, and no node kept what was written until it was on again';
  return tables.map(({ name: table }) => ({
    id: `${table}/cdc was off until ${openedAtMicros}`,
    table,
    reason,
    openedAtMicros,
  }));
}
