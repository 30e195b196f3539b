import type { BodyReader } from './body-reader.ts';
import { type ColumnsMemory, readColumns } from './columns.ts';
import type { CqlColumn, CqlRows, PackedRows } from './cql-connection.ts';

const rowsKind = 2;
const knownKinds = 5;
const metadataFlags = { globalTable: 1, hasMorePages: 2, noMetadata: 4 } as const;

/** Reads the body of a RESULT. What has no rows (void, a schema change) reads as an empty result. */
export function readResult(reader: BodyReader, warnings: readonly string[]): CqlRows {
  return readResultOf(undefined, reader, warnings);
}

/** `readResult` for a statement that is executed again and again. */
export function readResultOf(
  memory: ColumnsMemory | undefined,
  reader: BodyReader,
  warnings: readonly string[],
  isPacked = false,
): CqlRows {
  const kind = reader.int();
  if (kind === rowsKind) return readRows(reader, warnings, memory, isPacked);
  if (kind < 1 || kind > knownKinds) throw new Error(`a result of the unknown kind ${kind}`);
  return warnings.length === 0 ? nothing : { ...nothing, warnings };
}

const nothing: CqlRows = { columns: [], rows: [], pagingState: null, warnings: [] };

function readRows(
  reader: BodyReader,
  warnings: readonly string[],
  memory: ColumnsMemory | undefined,
  isPacked: boolean,
): CqlRows {
  const flags = reader.int();
  const columnCount = reader.int();
  const pagingState = flags & metadataFlags.hasMorePages ? copyOf(reader.bytesOrNull()) : null;
  const columns = flags & metadataFlags.noMetadata ? [] : readColumnsWith(memory, reader, columnCount, flags);
  if (isPacked) return { columns, rows: [], packed: packRows(reader, columnCount), pagingState, warnings };
  return { columns, rows: cutRows(reader, columnCount), pagingState, warnings };
}

function readColumnsWith(memory: ColumnsMemory | undefined, reader: BodyReader, count: number, flags: number) {
  const isGlobalTable = (flags & metadataFlags.globalTable) !== 0;
  return memory ? memory.read(reader, count, isGlobalTable) : readColumns(reader, count, isGlobalTable);
}

// The paging state outlives its page; as a view it would keep the page alive.
function copyOf(bytes: Buffer | null): Buffer | null {
  return bytes && Buffer.from(bytes);
}

/** The hot loop: plain arithmetic on the bytes, one view a cell. */
function cutRows(reader: BodyReader, columnCount: number): (Buffer | null)[][] {
  const { bytes, end } = reader;
  const rowCount = reader.int();
  const rows: (Buffer | null)[][] = [];
  let at = reader.position;
  for (let r = 0; r < rowCount; r++) {
    const row = new Array<Buffer | null>(columnCount);
    for (let c = 0; c < columnCount; c++) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += 4;
      if (length < 0) {
        row[c] = null;
      } else {
        row[c] = bytes.subarray(at, at + length);
        at += length;
      }
    }
    if (at > end) throw new Error(`row ${r + 1} of ${rowCount} runs over the end of its response`);
    rows.push(row);
  }
  reader.position = at;
  return rows;
}

/** As hot as `cutRows`, but without an object a cell: only the lengths are looked at. */
function packRows(reader: BodyReader, columnCount: number): PackedRows {
  const { bytes, end } = reader;
  const rowCount = reader.int();
  const start = reader.position;
  // No row is shorter than its lengths: a count that lies is found before memory is taken for it.
  if (rowCount < 0 || rowCount * columnCount * 4 > end - start)
    throw new Error(`${rowCount} rows do not fit in their response`);
  const starts = new Uint32Array(rowCount + 1);
  let at = start;
  for (let r = 1; r <= rowCount; r++) {
    for (let c = 0; c < columnCount; c++) {
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += length < 0 ? 4 : 4 + length;
    }
    if (at > end) throw new Error(`row ${r} of ${rowCount} runs over the end of its response`);
    starts[r] = at - start;
  }
  reader.position = at;
  return { bytes: bytes.subarray(start, at), starts };
}

/** What PREPARE answers, without the text that was prepared. */
export interface PreparedResult {
  readonly id: Buffer;
  readonly bindColumns: readonly CqlColumn[];
  readonly partitionKeyIndexes: readonly number[];
  readonly resultColumns: readonly CqlColumn[];
}

const preparedKind = 4;

/** Reads the body of a RESULT that answers a PREPARE (section 4.2.5.4). */
export function readPrepared(reader: BodyReader): PreparedResult {
  const kind = reader.int();
  if (kind !== preparedKind) throw new Error(`expected a prepared statement, found a result of kind ${kind}`);
  const id = Buffer.from(reader.shortBytes());
  const flags = reader.int();
  const columnCount = reader.int();
  const partitionKeyIndexes = readShorts(reader, reader.int());
  const bindColumns = readColumns(reader, columnCount, (flags & metadataFlags.globalTable) !== 0);
  return { id, bindColumns, partitionKeyIndexes, resultColumns: readResultColumns(reader) };
}

function readShorts(reader: BodyReader, count: number): number[] {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(reader.short());
  return all;
}

function readResultColumns(reader: BodyReader): CqlColumn[] {
  const flags = reader.int();
  const count = reader.int();
  if (flags & metadataFlags.hasMorePages) reader.bytesOrNull();
  if (flags & metadataFlags.noMetadata) return [];
  return readColumns(reader, count, (flags & metadataFlags.globalTable) !== 0);
}
