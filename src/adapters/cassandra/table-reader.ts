import type {
  Consistency,
  EncodedRow,
  KeysRead,
  PackedPage,
  PackedRead,
  PartitionKeyReader,
  PartitionRead,
  RangeRead,
  RowRead,
  TableReader,
  TimedRead,
  WholeRead,
} from '../../ports/table-reader.ts';
import type { Consistency as WireConsistency } from '../../wire/cql/consistency.ts';
import type { CqlRows } from '../../wire/cql/cql-connection.ts';
import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { decodeBigint, decodeInt } from './decode-cell.ts';
import { type PageBrought, PageSizes } from './page-sizes.ts';
import { selectKeysText, selectPartitionText, selectRangeText, selectText } from './select-text.ts';
import { withPatience } from './with-patience.ts';

export interface ReaderParts {
  readonly pool: CqlPool;
  readonly patienceMs: number;
  /** Read instead of the table's own keyspace. */
  readonly keyspace?: string;
}

/** Reads pages of raw cells; see TableReader and PartitionKeyReader for what it promises. */
export function tableReader({ pool, patienceMs, keyspace }: ReaderParts): TableReader & PartitionKeyReader {
  const asking = { pool, patienceMs, pageSizes: new PageSizes() };
  const ofRange = (read: RangeRead) => {
    const cql = selectRangeText(read, keyspace ?? read.table.keyspace);
    return { ...asking, cql, values: boundsOf(read), read };
  };
  const ofPartition = (read: PartitionRead) => {
    const { partitionKey, clustering = [], behind } = read;
    const under = { clusteringCount: clustering.length, isBehind: behind !== undefined };
    const cql = selectPartitionText(read, under, keyspace ?? read.table.keyspace);
    const values = [...partitionKey, ...clustering, ...(behind === undefined ? [] : [behind])];
    return { ...asking, cql, values, read };
  };
  return {
    readRange: (read: RangeRead) => cutPages(ofRange(read)),
    readPacked: (read: PackedRead) => packedPages(ofRange(read)),
    readTimed: (read: TimedRead) => packedPages('range' in read ? ofRange(read) : ofPartition(read)),
    readPartition: (read: PartitionRead) => cutPages(ofPartition(read)),
    readAll(read: WholeRead) {
      const cql = selectText(read, keyspace ?? read.table.keyspace);
      return cutPages({ ...asking, cql, values: [], read });
    },
    readPartitionKeys(read: KeysRead) {
      const cql = selectKeysText(read.table, keyspace ?? read.table.keyspace);
      return keysOf({ ...asking, cql, values: boundsOf(read), read: { pageSize: keysOfPage, ...read } });
    },
  };
}

interface PagedRead extends ReaderParts {
  readonly pageSizes: PageSizes;
  readonly cql: string;
  readonly values: readonly Buffer[];
  readonly read: Pick<RowRead, 'table' | 'consistency' | 'signal'> & { readonly pageSize?: number };
}

interface PagedRowRead extends PagedRead {
  readonly read: RowRead & { readonly pageSize?: number };
}

async function* cutPages(paged: PagedRowRead): AsyncIterable<readonly EncodedRow[]> {
  const cut = rowCutter(paged.read);
  for await (const { rows } of readPages(paged, {})) yield rows.map(cut);
}

async function* keysOf(paged: PagedRead): AsyncIterable<readonly (readonly Buffer[])[]> {
  // A key has no cell without a value.
  for await (const { rows } of readPages(paged, {})) yield rows as readonly (readonly Buffer[])[];
}

async function* packedPages(paged: PagedRead): AsyncIterable<PackedPage> {
  for await (const { packed } of readPages(paged, { isPacked: true })) if (packed) yield packed;
}

async function* readPages(
  { pool, patienceMs, pageSizes, cql, values, read }: PagedRead,
  how: { readonly isPacked?: true },
): AsyncIterable<CqlRows> {
  const { signal, consistency = 'local_quorum' } = read;
  const options = { consistency: wireConsistency(consistency), ...how, ...(signal && { signal }) };
  const patience = { doing: `to read ${read.table.keyspace}.${read.table.name}`, patienceMs, signal };
  let pageSize = read.pageSize ?? pageSizes.of(cql);
  let pagingState: Buffer | null = null;
  do {
    const page: CqlRows = await withPatience(patience, (attempt) => {
      // A page that times out or is too big for a frame may well come in halves.
      if (attempt > 0) pageSize = Math.max(1, pageSize >> 1);
      return pool.execute(cql, values, { ...options, pageSize, pagingState });
    });
    yield page;
    if (read.pageSize === undefined) pageSize = pageSizes.after(cql, pageSize, sizeOf(page));
    pagingState = page.pagingState;
  } while (pagingState);
}

function sizeOf({ packed, rows }: CqlRows): PageBrought {
  if (packed) return { rows: packed.starts.length - 1, bytes: packed.bytes.length };
  let bytes = 0;
  for (const row of rows) for (const cell of row) bytes += cell?.length ?? 0;
  return { rows: rows.length, bytes };
}

type RawRow = readonly (Buffer | null)[];

const keysOfPage = 2_000;

function wireConsistency(consistency: Consistency): WireConsistency {
  return consistency.toUpperCase() as WireConsistency;
}

function rowCutter({ columns, ttlColumns = [], writeTimeColumns = [] }: RowRead): (row: RawRow) => EncodedRow {
  const ttlsFrom = columns.length;
  const writeTimesFrom = ttlsFrom + ttlColumns.length;
  if (writeTimesFrom + writeTimeColumns.length === ttlsFrom)
    return (values) => ({ values, ttlSeconds: nothing, writeTimesMicros: nothing });
  const noTtls = ttlColumns.map(() => null);
  const noWriteTimes = writeTimeColumns.map(() => null);
  return (row) => ({
    values: row.slice(0, ttlsFrom),
    ttlSeconds: decoded(row, ttlsFrom, writeTimesFrom, decodeInt) ?? noTtls,
    writeTimesMicros: decoded(row, writeTimesFrom, row.length, decodeBigint) ?? noWriteTimes,
  });
}

const nothing: readonly never[] = [];

/** Undefined where there is none at all: nothing of most rows expires, and they share one list. */
function decoded<T>(row: RawRow, from: number, to: number, decode: (cell: Buffer) => T): (T | null)[] | undefined {
  let values: (T | null)[] | undefined;
  for (let index = from; index < to; index++) {
    const cell = row[index]!;
    if (cell === null) continue;
    values ??= new Array<T | null>(to - from).fill(null);
    values[index - from] = decode(cell);
  }
  return values;
}

function boundsOf({ range }: Pick<RangeRead, 'range'>): readonly Buffer[] {
  return [encodeBigint(range.start), encodeBigint(range.end)];
}

function encodeBigint(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
