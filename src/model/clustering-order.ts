import { compareValues } from './compare-values.ts';
import type { SliceBound } from './mutation.ts';
import type { Column } from './table.ts';

/** Orders two clustering prefixes as the table stores them, DESC columns reversed; equal where the shorter one ends. */
export function compareClustering(a: readonly Buffer[], b: readonly Buffer[], columns: readonly Column[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const column = columns[index]!;
    const order = compareValues(a[index]!, b[index]!, column.type);
    if (order !== 0) return column.isReversed ? -order : order;
  }
  return 0;
}

/** Whether a row lies between two bounds; the bounds are in the order of storage, as the log has them. */
export function isBetween(
  clustering: readonly Buffer[],
  bounds: { readonly start: SliceBound; readonly end: SliceBound },
  columns: readonly Column[],
): boolean {
  return isAtOrBeyond(bounds.start, clustering, columns, 1) && isAtOrBeyond(bounds.end, clustering, columns, -1);
}

function isAtOrBeyond(
  bound: SliceBound,
  clustering: readonly Buffer[],
  columns: readonly Column[],
  side: 1 | -1,
): boolean {
  if (bound.values.length === 0) return true;
  const order = compareClustering(clustering, bound.values, columns) * side;
  return order > 0 || (order === 0 && bound.isInclusive);
}
