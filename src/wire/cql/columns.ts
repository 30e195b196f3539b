import type { BodyReader } from './body-reader.ts';
import { readColumnType } from './column-type.ts';
import type { CqlColumn } from './cql-connection.ts';

/** Reads the column specifications of a result's metadata (section 4.2.5.2). */
export function readColumns(reader: BodyReader, count: number, isGlobalTable: boolean): CqlColumn[] {
  const global = isGlobalTable ? readTable(reader) : undefined;
  const columns: CqlColumn[] = [];
  for (let i = 0; i < count; i++) {
    const { keyspace, table } = global ?? readTable(reader);
    columns.push({ keyspace, table, name: reader.string(), type: readColumnType(reader) });
  }
  return columns;
}

function readTable(reader: BodyReader) {
  return { keyspace: reader.string(), table: reader.string() };
}

/**
 * Remembers the columns of the last result of a statement. The server repeats them with every page and every single
 * row; comparing their bytes is far cheaper than reading them again, and as safe: equal bytes read equally.
 */
export class ColumnsMemory {
  #count = -1;
  #isGlobalTable = false;
  #bytes: Buffer = Buffer.alloc(0);
  #columns: readonly CqlColumn[] = [];

  read(reader: BodyReader, count: number, isGlobalTable: boolean): readonly CqlColumn[] {
    const start = reader.position;
    if (count === this.#count && isGlobalTable === this.#isGlobalTable && this.#isNextIn(reader)) {
      reader.skip(this.#bytes.length);
      return this.#columns;
    }
    this.#columns = readColumns(reader, count, isGlobalTable);
    this.#count = count;
    this.#isGlobalTable = isGlobalTable;
    // A copy, or the memory would keep a whole page alive.
    this.#bytes = Buffer.from(reader.bytes.subarray(start, reader.position));
    return this.#columns;
  }

  #isNextIn(reader: BodyReader): boolean {
    const end = reader.position + this.#bytes.length;
    return end <= reader.end && reader.bytes.compare(this.#bytes, 0, this.#bytes.length, reader.position, end) === 0;
  }
}
