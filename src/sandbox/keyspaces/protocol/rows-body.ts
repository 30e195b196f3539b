import { BodyReader } from '../../../wire/cql/body-reader.ts';
import { BufferWriter } from '../../../wire/cql/buffer-writer.ts';
import { readColumns } from '../../../wire/cql/columns.ts';

const rowsKind = 2;
const metadataFlags = { globalTable: 1, hasMorePages: 2, noMetadata: 4 } as const;

/** A RESULT with rows, cut where its parts meet, so that rows and paging state can be exchanged without reading cells. */
export interface RowsParts {
  /** Whatever stands before the result's own body: tracing id, warnings, payload. */
  readonly preamble: Buffer;
  readonly flags: number;
  readonly columnCount: number;
  /** The column specifications as they came. */
  readonly columns: Buffer;
  readonly pagingState: Buffer | null;
  readonly rowCount: number;
  /** All cells of all rows. */
  readonly rows: Buffer;
}

/** undefined for a result that is not of rows. */
export function cutRows(body: Buffer, preambleBytes: number): RowsParts | undefined {
  const reader = new BodyReader(body, preambleBytes);
  if (reader.int() !== rowsKind) return undefined;
  const flags = reader.int();
  const columnCount = reader.int();
  const pagingState = flags & metadataFlags.hasMorePages ? reader.bytesOrNull() : null;
  const columnsStart = reader.position;
  if (!(flags & metadataFlags.noMetadata)) readColumns(reader, columnCount, (flags & metadataFlags.globalTable) !== 0);
  const columns = body.subarray(columnsStart, reader.position);
  const rowCount = reader.int();
  const preamble = body.subarray(0, preambleBytes);
  return { preamble, flags, columnCount, columns, pagingState, rowCount, rows: body.subarray(reader.position) };
}

/** The body of the same result again, with what was changed in it. */
export function joinRows(parts: RowsParts): Buffer {
  const { preamble, columnCount, columns, pagingState, rowCount, rows } = parts;
  const size = preamble.length + 16 + (pagingState ? 4 + pagingState.length : 0) + columns.length + rows.length;
  const writer = new BufferWriter(Buffer.allocUnsafe(size));
  writer.raw(preamble);
  writer.int(rowsKind);
  writer.int((parts.flags & ~metadataFlags.hasMorePages) | (pagingState ? metadataFlags.hasMorePages : 0));
  writer.int(columnCount);
  if (pagingState) writer.value(pagingState);
  writer.raw(columns);
  writer.int(rowCount);
  writer.raw(rows);
  return writer.bytes;
}

/** How many whole rows fit into `maxBytes`. */
export function rowsWithin({ rows, columnCount, rowCount }: RowsParts, maxBytes: number): number {
  let at = 0;
  for (let row = 0; row < rowCount; row++) {
    for (let column = 0; column < columnCount; column++) at += 4 + Math.max(0, rows.readInt32BE(at));
    if (at > maxBytes) return row;
  }
  return rowCount;
}
