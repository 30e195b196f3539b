import type { RowLayout } from '../apply/row-layout.ts';
import type { EncodedRow } from '../ports/table-reader.ts';

export interface AgedRow {
  readonly row: EncodedRow;
  /** All of its regular values expired since it was read, so the source does not have it any more either. */
  readonly isExpired: boolean;
}

/** The row as it is some seconds after it was read: remaining times shorter, expired values gone. */
export function ageRow(row: EncodedRow, layout: RowLayout, ageSeconds: number): AgedRow {
  // Most rows neither expire nor wait.
  if (ageSeconds <= 0 || row.ttlSeconds.every((ttl) => ttl === null)) return { row, isExpired: false };
  const values = [...row.values];
  layout.ttlColumns.forEach((column, index) => {
    const ttl = row.ttlSeconds[index] ?? null;
    if (ttl !== null && ttl <= ageSeconds) values[layout.columns.indexOf(column)] = null;
  });
  const ttlSeconds = row.ttlSeconds.map((ttl) => (ttl !== null && ttl > ageSeconds ? ttl - ageSeconds : null));
  return {
    row: { ...row, values, ttlSeconds },
    isExpired: hasRegularValue(row.values, layout) && !hasRegularValue(values, layout),
  };
}

function hasRegularValue(values: EncodedRow['values'], layout: RowLayout): boolean {
  return layout.columns.some((column, index) => column.kind === 'regular' && values[index] !== null);
}
