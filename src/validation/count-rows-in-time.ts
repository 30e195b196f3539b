import type { PackedPage } from '../ports/table-reader.ts';
import { mayEndTogether, type ReadSpan } from './expiry.ts';
import { countSameRows, rowCountOf, skipCells } from './packed-rows.ts';
import type { RowShape } from './row-image.ts';

/** Rows of a page from one on, and when they were read. */
interface ReadRows {
  readonly page: PackedPage;
  readonly row: number;
  readonly read: ReadSpan;
}

/**
 * How many rows come next that are the same on both sides: values byte for byte, and what is left of their times as far as it was told at
 * two instants. Most rows never end, and are compared many at once.
 */
export function countRowsInTime(one: ReadRows, other: ReadRows, shape: RowShape): number {
  // The same time left at instants far apart is not the same end.
  const areTogether = mayEndTogether(0, one.read, 0, other.read, shape.expiryTolerance);
  const same = areTogether ? countSameRows(one.page, one.row, other.page, other.row) : 0;
  if (same > 0 || shape.ttlColumns.length === 0) return same;
  const most = Math.min(rowCountOf(one.page) - one.row, rowCountOf(other.page) - other.row);
  let count = 0;
  while (count < most && isSameInTime(one, other, count, shape)) count++;
  return count;
}

function isSameInTime(one: ReadRows, other: ReadRows, nth: number, shape: RowShape): boolean {
  const [start, otherStart] = [one.page.starts[one.row + nth]!, other.page.starts[other.row + nth]!];
  const end = skipCells(one.page.bytes, start, shape.columns.length);
  const otherEnd = otherStart + end - start;
  // Cells begin with their lengths, so that equal bytes are equal cells; the times are cells too, and end the row.
  if (otherEnd > other.page.starts[other.row + nth + 1]!) return false;
  if (one.page.bytes.compare(other.page.bytes, otherStart, otherEnd, start, end) !== 0) return false;
  return areSameTimes(one, end, other, otherEnd, shape);
}

function areSameTimes(one: ReadRows, from: number, other: ReadRows, otherFrom: number, shape: RowShape): boolean {
  let [at, otherAt] = [from, otherFrom];
  for (let column = 0; column < shape.ttlColumns.length; column++) {
    const [seconds, otherSeconds] = [secondsAt(one.page.bytes, at), secondsAt(other.page.bytes, otherAt)];
    if (!mayEndTogether(seconds, one.read, otherSeconds, other.read, shape.expiryTolerance)) return false;
    at += seconds === null ? 4 : 8;
    otherAt += otherSeconds === null ? 4 : 8;
  }
  return true;
}

function secondsAt(bytes: Buffer, at: number): number | null {
  return bytes.readInt32BE(at) < 0 ? null : bytes.readInt32BE(at + 4);
}
