import type { Cell, ColumnDeletion, RowChange, RowMarker } from '../../model/mutation.ts';
import { readColumnSubset } from './column-subset.ts';
import { readCell } from './decode-cell.ts';
import type { ColumnLayout } from './table-layout.ts';
import { readDeletion, readLocalTime, readTimestamp, readTtl, type UpdateContext } from './update-context.ts';

/** Flags byte of a row. */
const hasMarker = 0x04;
const hasMarkerTtl = 0x08;
const hasDeletion = 0x10;
const hasAllColumns = 0x20;
const hasColumnDeletions = 0x40;

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads a row behind its clustering values, without the cells that a dropped column has lost. Undefined when nothing is left in
 * it: such rows do occur in the log, and Cassandra drops them too.
 */
export function readRow(
  context: UpdateContext,
  flags: number,
  listed: readonly ColumnLayout[],
  clustering: readonly Buffer[],
): RowChange | undefined {
  const columnDeletions: ColumnDeletion[] = [];
  const cells: Cell[] = [];
  const row: Draft<RowChange> = { clustering, columnDeletions, cells };
  const marker = flags & hasMarker ? readMarker(context, flags) : undefined;
  if (marker) row.marker = marker;
  const deletion = flags & hasDeletion ? readDeletion(context) : undefined;
  if (deletion) row.deletion = deletion;
  const present = flags & hasAllColumns ? listed : readColumnSubset(context.reader, listed);
  for (const layout of present) {
    if (layout.isMulticell) readMulticellColumn(context, flags, layout, marker, columnDeletions, cells);
    else addUnlessDropped(cells, readCell(context, layout, marker), layout);
  }
  return marker || deletion || cells.length > 0 || columnDeletions.length > 0 ? row : undefined;
}

function readMarker(context: UpdateContext, flags: number): RowMarker {
  const timestampMicros = readTimestamp(context);
  if (!(flags & hasMarkerTtl)) return { timestampMicros };
  const ttlSeconds = readTtl(context);
  return { timestampMicros, expiry: { ttlSeconds, expiresAtSeconds: readLocalTime(context) } };
}

function readMulticellColumn(
  context: UpdateContext,
  flags: number,
  layout: ColumnLayout,
  marker: RowMarker | undefined,
  columnDeletions: ColumnDeletion[],
  cells: Cell[],
): void {
  // One such column with a deletion gives all of the row a place for theirs, most of them "none".
  const deletion = flags & hasColumnDeletions ? readDeletion(context) : undefined;
  if (deletion) addUnlessDropped(columnDeletions, { column: layout.column, ...deletion }, layout);
  const count = context.reader.count();
  for (let i = 0; i < count; i++) addUnlessDropped(cells, readCell(context, layout, marker), layout);
}

function addUnlessDropped<T extends { readonly timestampMicros: bigint }>(
  list: T[],
  item: T,
  layout: ColumnLayout,
): void {
  if (layout.droppedAtMicros === undefined || item.timestampMicros > layout.droppedAtMicros) list.push(item);
}
