import { isUnfrozenList } from '../apply/row-cells.ts';
import type { PartitionUpdate, RowChange } from '../model/mutation.ts';

/** Whether non-frozen lists of a row change or go, if its table has any. */
export function changesListsOf(row: RowChange): boolean {
  return row.deletion !== undefined || touchesLists(row);
}

/** Whether cells of non-frozen lists of a row change. */
export function touchesLists(row: RowChange): boolean {
  return [...row.cells, ...row.columnDeletions].some(({ column }) => isUnfrozenList(column.type));
}

/**
 * Whether an update touches or takes away non-frozen lists, which are then read on the source. Every replica's copy of it counts: a write at ONE
 * may have reached one replica when the first copy was read, and a quorum of the others does not have it.
 */
export function changesLists({ table, partitionDeletion, rangeDeletions, staticRow, rows }: PartitionUpdate): boolean {
  if (![...table.columns.values()].some(({ type }) => isUnfrozenList(type))) return false;
  if (partitionDeletion !== undefined || rangeDeletions.length > 0) return true;
  return rows.some(changesListsOf) || (staticRow !== undefined && touchesLists(staticRow));
}
