import { createHash } from 'node:crypto';
import { joinPartitionKey } from '../../src/model/partition-key.ts';
import type { Table } from '../../src/model/table.ts';
import { isInRange, tokenOf } from '../../src/model/token.ts';
import type {
  EncodedRow,
  PackedPage,
  PartitionKeyReader,
  PartitionRead,
  RangeRead,
  RowRead,
  TableReader,
  TimedRead,
  WholeRead,
} from '../../src/ports/table-reader.ts';
import { int } from './a-table.ts';

/** A row by its columns; a column that is not named has no value. Without clustering values: a partition of statics only. */
export interface MemoryRow {
  readonly values: Readonly<Record<string, Buffer>>;
  readonly ttlSeconds?: Readonly<Record<string, number>>;
  readonly writeTimesMicros?: Readonly<Record<string, bigint>>;
}

export interface MemoryReader extends TableReader, PartitionKeyReader {
  /** May be changed while it is read. Each row names its partition's static values too. */
  rows: readonly MemoryRow[];
  reads: number;
}

/** The token that a partitioner gives a partition key. */
type Partitioner = (key: Buffer) => bigint;

/** RandomPartitioner's; ranges of other tokens mean nothing where a side has these. */
export function md5Token(key: Buffer): bigint {
  const hash = BigInt.asIntN(128, BigInt(`0x${createHash('md5').update(key).digest('hex')}`));
  return hash < 0n ? -hash : hash;
}

/** One table in memory, read in the order of token and clustering bytes. `pageSizes` are taken in turn; 0 is an empty page. */
export function inMemoryReader(
  rows: readonly MemoryRow[],
  pageSizes: readonly number[] = [3],
  tokenIn: Partitioner = tokenOf,
): MemoryReader {
  const reader: MemoryReader = {
    rows,
    reads: 0,
    readRange: (read) => pagesOf(read, (key) => isInRange(tokenIn(joinPartitionKey(key)), read.range)),
    readPacked: (read) => packedPages(reader.readRange(read)),
    readTimed: (read: TimedRead) => packedPages('range' in read ? reader.readRange(read) : reader.readPartition(read)),
    readPartition: (read) =>
      pagesOf(
        read,
        (key) => isSame(key, read.partitionKey),
        (row) => isInPartition(row, read),
      ),
    readAll: (read) => pagesOf(read, () => true),
    readPartitionKeys: (read) => keyPages(reader.readRange({ ...read, columns: read.table.partitionKey })),
  };
  return reader;

  async function* pagesOf(
    read: RangeRead | PartitionRead | WholeRead,
    isWanted: (partitionKey: readonly Buffer[]) => boolean,
    isWantedRow: (row: MemoryRow) => boolean = () => true,
  ): AsyncGenerator<readonly EncodedRow[]> {
    reader.reads++;
    const wanted = inOrder(reader.rows, read.table, tokenIn).filter(
      (row) => isWanted(partitionKey(row, read.table)) && isWantedRow(row),
    );
    for (let at = 0, page = 0; at < wanted.length; page++) {
      read.signal?.throwIfAborted();
      const size = page > 1000 ? wanted.length : pageSizes[page % pageSizes.length]!;
      await null;
      yield wanted.slice(at, at + size).map((row) => encode(row, read));
      at += size;
    }
  }
}

/** Each key once. */
async function* keyPages(pages: AsyncIterable<readonly EncodedRow[]>): AsyncGenerator<readonly (readonly Buffer[])[]> {
  let last: Buffer | undefined;
  for await (const page of pages) {
    const keys = page.map(({ values }) => values as readonly Buffer[]);
    yield keys.filter((key) => {
      const joined = joinPartitionKey(key);
      const isNew = !last?.equals(joined);
      last = joined;
      return isNew;
    });
  }
}

async function* packedPages(pages: AsyncIterable<readonly EncodedRow[]>): AsyncGenerator<PackedPage> {
  for await (const page of pages) yield packPage(page);
}

/** As a server sends them, remaining times behind the values. */
export function packPage(rows: readonly EncodedRow[]): PackedPage {
  const times = ({ ttlSeconds }: EncodedRow) => ttlSeconds.map((ttl) => (ttl === null ? null : int(ttl)));
  const packed = rows.map((row) => Buffer.concat([...row.values, ...times(row)].flatMap(packCell)));
  const starts = new Uint32Array(rows.length + 1);
  packed.forEach((row, index) => {
    starts[index + 1] = starts[index]! + row.length;
  });
  return { bytes: Buffer.concat(packed), starts };
}

function packCell(value: Buffer | null): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value?.length ?? -1);
  return value ? [length, value] : [length];
}

function isInPartition(row: MemoryRow, { table, clustering = [], behind }: PartitionRead): boolean {
  if (!startsWith(row, table, clustering)) return false;
  if (!behind) return true;
  const next = table.clustering[clustering.length]!;
  const value = row.values[next.name];
  return value !== undefined && Buffer.compare(value, behind) * (next.isReversed ? -1 : 1) > 0;
}

function encode(row: MemoryRow, read: RowRead): EncodedRow {
  return {
    values: read.columns.map((column) => row.values[column.name] ?? null),
    ttlSeconds: (read.ttlColumns ?? []).map((column) => row.ttlSeconds?.[column.name] ?? null),
    writeTimesMicros: (read.writeTimeColumns ?? []).map((column) => row.writeTimesMicros?.[column.name] ?? null),
  };
}

function inOrder(rows: readonly MemoryRow[], table: Table, tokenIn: Partitioner): readonly MemoryRow[] {
  return rows
    .map((row) => ({ row, token: tokenIn(joinPartitionKey(partitionKey(row, table))) }))
    .sort((a, b) => (a.token === b.token ? compareRows(a.row, b.row, table) : a.token < b.token ? -1 : 1))
    .map(({ row }) => row);
}

function compareRows(a: MemoryRow, b: MemoryRow, table: Table): number {
  for (const column of [...table.partitionKey, ...table.clustering]) {
    const order = Buffer.compare(a.values[column.name] ?? Buffer.alloc(0), b.values[column.name] ?? Buffer.alloc(0));
    if (order !== 0) return column.isReversed ? -order : order;
  }
  return 0;
}

function partitionKey(row: MemoryRow, table: Table): readonly Buffer[] {
  return table.partitionKey.map((column) => row.values[column.name]!);
}

function startsWith(row: MemoryRow, table: Table, clustering: readonly Buffer[]): boolean {
  return clustering.every((value, index) => row.values[table.clustering[index]!.name]?.equals(value));
}

function isSame(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a.every((value, index) => value.equals(b[index]!));
}
