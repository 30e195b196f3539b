import type { RowLayout } from '../apply/row-layout.ts';
import type { EncodedRow, PackedPage } from '../ports/table-reader.ts';

/** One row of a page of `readTimed`, cut into cells as views of the page. */
export function cutRow(page: PackedPage, row: number, { columns, ttlColumns }: RowLayout): EncodedRow {
  const cells = cutCells(page, row, columns.length + ttlColumns.length);
  return {
    values: cells.slice(0, columns.length),
    ttlSeconds: cells.slice(columns.length).map((cell) => cell?.readInt32BE() ?? null),
    writeTimesMicros: [],
  };
}

export function rowCountOf({ starts }: PackedPage): number {
  return starts.length - 1;
}

function cutCells({ bytes, starts }: PackedPage, row: number, count: number): (Buffer | null)[] {
  let at = starts[row]!;
  return Array.from({ length: count }, () => {
    const length = bytes.readInt32BE(at);
    const from = at + 4;
    at = from + Math.max(0, length);
    return length < 0 ? null : bytes.subarray(from, at);
  });
}
