import { type ComparedTable, differingRows, pendingRows } from '../model/difference.ts';
import type { DoubtfulSlice } from '../state/ledger-event.ts';

/** What was applied when a comparison began to read. */
export type AppliedUpTo = 'everything' | bigint | undefined;

/** More than any clocks of a cluster may differ that passed the checks. */
const clockToleranceMicros = 30_000_000n;

/**
 * The slices that a comparison settles. `openBefore` are those that were open before it began to read: of what is in them, every
 * write had reached the source by then, whatever the clocks say, so the comparison saw it.
 *
 * Equal alone is not enough: a row may be equal by chance to one that a captured change, still on its way, is about to make different. So the changes up
 * to the slice's end must have been applied before: all of them (after a drain), or stream time was past it. What is written later is
 * captured, and newer. Settling early never weakens the proof: cutover compares every row again after its drain.
 */
export function slicesSettledBy(
  compared: readonly ComparedTable[],
  openBefore: Iterable<DoubtfulSlice>,
  appliedUpTo: AppliedUpTo,
): readonly DoubtfulSlice[] {
  const equal = new Set(
    compared.filter((table) => differingRows([table]) + pendingRows([table]) === 0).map(({ table }) => table),
  );
  return [...openBefore].filter((slice) => equal.has(slice.table) && isPast(slice, appliedUpTo));
}

function isPast({ hole, openedAtMicros }: DoubtfulSlice, appliedUpTo: AppliedUpTo): boolean {
  if (appliedUpTo === undefined || appliedUpTo === 'everything') return appliedUpTo === 'everything';
  return appliedUpTo >= (hole?.toMicros ?? openedAtMicros) + clockToleranceMicros;
}
