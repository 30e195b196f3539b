import type { Cell, Expiry, RowMarker } from '../../model/mutation.ts';
import type { ColumnLayout } from './table-layout.ts';
import { readLocalTime, readTimestamp, readTtl, type UpdateContext } from './update-context.ts';

const isTombstone = 0x01;
const isExpiring = 0x02;
const hasNoValue = 0x04;
const usesRowTimestamp = 0x08;
const usesRowExpiry = 0x10;

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** Reads one cell; of a multicell column with its path. */
export function readCell(context: UpdateContext, layout: ColumnLayout, marker: RowMarker | undefined): Cell {
  const { reader } = context;
  const flags = reader.byte();
  const timestampMicros = flags & usesRowTimestamp ? markerOf(context, marker).timestampMicros : readTimestamp(context);
  const expiry = readExpiry(context, flags, marker);
  const path = layout.isMulticell ? reader.lengthPrefixed() : undefined;
  const value = flags & hasNoValue ? emptyValue : reader.value(layout.valueLength);
  const cell: Draft<Cell> = { column: layout.column, timestampMicros, value: flags & isTombstone ? undefined : value };
  if (path) cell.path = path;
  if (expiry) cell.expiry = expiry;
  return cell;
}

function readExpiry(context: UpdateContext, flags: number, marker: RowMarker | undefined): Expiry | undefined {
  if (flags & usesRowExpiry) return markerOf(context, marker).expiry;
  if (!(flags & (isTombstone | isExpiring))) return undefined;
  const localTime = readLocalTime(context);
  // A tombstone's local time says when it was made; the model has no use for it.
  return flags & isExpiring ? { ttlSeconds: readTtl(context), expiresAtSeconds: localTime } : undefined;
}

function markerOf(context: UpdateContext, marker: RowMarker | undefined): RowMarker {
  if (!marker) throw context.reader.corrupt('a cell refers to a row marker that is not there');
  return marker;
}

const emptyValue = Buffer.alloc(0);
