import type { EncodedRow, PackedPage } from '../ports/table-reader.ts';

export function rowCountOf(page: PackedPage): number {
  return page.starts.length - 1;
}

/** The cells of one row, as views of the page. */
export function cutRow({ bytes, starts }: PackedPage, row: number, columnCount: number): (Buffer | null)[] {
  const cells = new Array<Buffer | null>(columnCount);
  let at = starts[row]!;
  for (let column = 0; column < columnCount; column++) {
    const length = bytes.readInt32BE(at);
    at += 4;
    cells[column] = length < 0 ? null : bytes.subarray(at, at + length);
    if (length > 0) at += length;
  }
  return cells;
}

/** The page of rows that came cut into cells. */
export function packRows(rows: readonly EncodedRow[]): PackedPage {
  const packed = rows.map(({ values, ttlSeconds }) => packCells([...values, ...ttlSeconds.map(timeCell)]));
  const starts = new Uint32Array(rows.length + 1);
  packed.forEach((row, index) => {
    starts[index + 1] = starts[index]! + row.length;
  });
  return { bytes: Buffer.concat(packed), starts };
}

function timeCell(seconds: number | null): Buffer | null {
  if (seconds === null) return null;
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(seconds);
  return bytes;
}

/** Of the values alone. */
export function bytesOfCells(cells: readonly (Buffer | null)[]): number {
  return cells.reduce((sum, cell) => sum + (cell?.length ?? 0), 0);
}

export function packCells(cells: readonly (Buffer | null)[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * cells.length + bytesOfCells(cells));
  let at = 0;
  for (const cell of cells) {
    at = bytes.writeInt32BE(cell?.length ?? -1, at);
    if (cell) at += cell.copy(bytes, at);
  }
  return bytes;
}

/** Where the cell stands that comes after so many from `from` on. */
export function skipCells(bytes: Buffer, from: number, count: number): number {
  let at = from;
  for (let cell = 0; cell < count; cell++) {
    const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    at += length < 0 ? 4 : 4 + length;
  }
  return at;
}

/** How many rows from `a` of one page and from `b` of the other on are the same, byte for byte; most often all there are. */
export function countSameRows(one: PackedPage, a: number, other: PackedPage, b: number): number {
  let same = 0;
  let end = Math.min(rowCountOf(one) - a, rowCountOf(other) - b);
  // Halves, since the first rows that differ are to be found with few comparisons of much.
  for (let count = end; same < end; count = Math.max(1, (end - same) >> 1)) {
    if (areSameRows(one, a + same, other, b + same, count)) same += count;
    else if (count === 1) return same;
    else end = same + count - 1;
  }
  return same;
}

function areSameRows(one: PackedPage, a: number, other: PackedPage, b: number, count: number): boolean {
  const [oneStart, oneEnd] = [one.starts[a]!, one.starts[a + count]!];
  const [otherStart, otherEnd] = [other.starts[b]!, other.starts[b + count]!];
  if (oneEnd - oneStart !== otherEnd - otherStart) return false;
  return one.bytes.compare(other.bytes, otherStart, otherEnd, oneStart, oneEnd) === 0;
}
