import { maxToken, minToken, splitRange } from '../../src/model/token.ts';
import { inParallel } from '../../src/validation/in-parallel.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../src/wire/cql/open-cql-pool.ts';
import type { BenchTable } from './bench-tables.ts';
import { long } from './encode.ts';

export interface Place {
  readonly address: string;
  readonly cqlPort: number;
}

/** One side of a copy: a pool and the keyspace in it. */
export interface Side {
  readonly pool: CqlPool;
  readonly keyspace: string;
}

export const splitsAtOnce = 4;

const pageSize = 5_000;
const quorum = { consistency: 'LOCAL_QUORUM' } as const;

export function openBenchPool({ address: host, cqlPort: port }: Place): CqlPool {
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: 512, requestTimeoutMs: 60_000 };
  return openCqlPool({ contactPoints: [{ host, port }], ...limits });
}

export async function createTable(table: BenchTable, { pool, keyspace }: Side): Promise<void> {
  const columns = table.columns.map(([name, type]) => `${name} ${type}`).join(', ');
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await pool.query(`CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`, quorum);
  await pool.query(`CREATE TABLE ${keyspace}.${table.name} (${columns}, PRIMARY KEY (${table.key}))`, quorum);
}

/** Every row of the table, written at a timestamp in microseconds. */
export async function fillTable(table: BenchTable, side: Side, micros: bigint): Promise<void> {
  const insert = insertText(table, side.keyspace);
  const stamp = long(micros);
  const rows = Array.from({ length: table.rows }, (_, n) => n);
  await inParallel(rows, table.writesAtOnce ?? 512, undefined, async (n) => {
    await side.pool.execute(insert, [...table.columns.map(([, , value]) => value(n)), stamp], quorum);
  });
}

export async function truncateTable(table: BenchTable, { pool, keyspace }: Side): Promise<void> {
  await pool.query(`TRUNCATE ${keyspace}.${table.name}`, quorum);
}

/** Counts by reading keys, since a count of its own times out on a busy machine. */
export function countRows(table: BenchTable, side: Side): Promise<number> {
  return readPages(table, side, keyOf(table), async (rows) => rows.length);
}

/** The cheapest client there can be: raw cells of a page bound to one INSERT a row, no books, no throttle. */
export function copyRaw(table: BenchTable, sides: { readonly source: Side; readonly target: Side }, micros: bigint) {
  const insert = insertText(table, sides.target.keyspace);
  const stamp = long(micros);
  const names = table.columns.map(([each]) => each).join(', ');
  return readPages(table, sides.source, names, async (rows) => {
    await Promise.all(rows.map((row) => sides.target.pool.execute(insert, [...row, stamp], quorum)));
    return rows.length;
  });
}

/** Sixteen ranges of equal length, which cover the ring. */
export function wholeRing() {
  return splitRange({ start: minToken, end: maxToken }, 16);
}

type Rows = Awaited<ReturnType<CqlPool['execute']>>['rows'];

/** Adds up what `use` answers for every page of the table. */
async function readPages(
  table: BenchTable,
  { pool, keyspace }: Side,
  columns: string,
  use: (rows: Rows) => Promise<number>,
): Promise<number> {
  const key = keyOf(table);
  const select = `SELECT ${columns} FROM ${keyspace}.${table.name} WHERE token(${key}) > ? AND token(${key}) <= ?`;
  const counts = await inParallel(wholeRing(), splitsAtOnce, undefined, async ({ start, end }) => {
    let count = 0;
    let pagingState: Buffer | null = null;
    do {
      const page = await pool.execute(select, [long(start), long(end)], { ...quorum, pageSize, pagingState });
      count += await use(page.rows);
      pagingState = page.pagingState;
    } while (pagingState);
    return count;
  });
  return counts.reduce((total, count) => total + count, 0);
}

function keyOf({ key }: BenchTable): string {
  return key.split(',')[0]!;
}

function insertText({ columns, name }: BenchTable, keyspace: string): string {
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${keyspace}.${name} (${columns.map(([each]) => each).join(', ')}) VALUES (${marks}) USING TIMESTAMP ?`;
}
