import type { RowChange } from './mutation.ts';

/**
 * Whether a row's change may take the row away on the source and not on the target. CQL does not show row markers, so a
 * row that was read (snapshot, recopy) has one on the target which the source may not have. A change that takes cells
 * away, now or when they expire, and brings no marker of its own leaves the row in doubt: it is applied and the row
 * recopied, which gives the marker the life that the row has now.
 *
 * Every copy counts, also of a change already applied: the first recopy may have read a replica without it.
 */
export function leavesRowInDoubt(row: RowChange): boolean {
  // With a deletion of the row, or a marker of the change's own, target and source have the same marker.
  if (row.marker || row.deletion) return false;
  if (row.columnDeletions.length > 0) return true;
  return row.cells.some((cell) => cell.value === undefined || cell.expiry !== undefined);
}
