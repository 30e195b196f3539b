import { parseArgs } from 'node:util';
import { Client, types } from 'cassandra-driver';
import { openCqlPool } from '../src/wire/cql/open-cql-pool.ts';
import { int, long } from './support/encode.ts';

/**
 * Writes and reads the same rows with wire/cql and with cassandra-driver, in one run, and prints rows a second, client CPU
 * seconds a million rows, and the ratios. `node bench/cql.ts --host 127.0.0.1 --port 9042 --rows 300000`.
 */
const { values: args } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9042' },
    rows: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '3' },
  },
});
const host = args.host;
const port = Number(args.port);
const rowCount = Number(args.rows);
const concurrency = 512;
const pageSize = 5_000;
const splits = 16;
const sliceRows = 20_000;
const keyspace = 'bench_cql';
const insertOf = (table: string) =>
  `INSERT INTO ${keyspace}.${table} (id, a, b, c, d, e) VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?`;
const selectOf = (table: string) => `SELECT * FROM ${keyspace}.${table} WHERE token(id) > ? AND token(id) <= ?`;
const timestampMicros = 1_780_000_000_000_000n;

interface Figure {
  readonly rowsPerSecond: number;
  readonly cpuPerMillion: number;
}

interface Contender {
  readonly name: string;
  /** The values of row `i`, as this client wants them. Made outside of what is measured. */
  valuesOf(i: number): unknown[];
  write(table: string, rows: readonly unknown[][]): Promise<void>;
  read(table: string): Promise<number>;
  close(): Promise<void>;
}

await createTables();
const contenders = [openWire(), await openDriver()];
const figures = new Map<string, Figure[]>();
for (let round = 0; round < Number(args.rounds); round++) {
  for (const contender of contenders) {
    const table = contender.name === 'wire/cql' ? 'wire' : 'driver';
    note(`${contender.name} write`, await measuredWrite(contender, table));
    note(
      `${contender.name} read`,
      await measured(rowCount, async () => {
        const read = await contender.read(table);
        if (read !== rowCount) throw new Error(`${contender.name} read ${read} of ${rowCount} rows`);
      }),
    );
  }
}
for (const contender of contenders) await contender.close();
await withClient((client) => client.execute(`DROP KEYSPACE ${keyspace}`));
for (const work of ['write', 'read']) {
  const [ours, theirs] = contenders.map(({ name }) => median(figures.get(`${name} ${work}`)!));
  print(`${work}: ${(ours!.rowsPerSecond / theirs!.rowsPerSecond).toFixed(1)} x the rows a second, `);
  print(`1/${(theirs!.cpuPerMillion / ours!.cpuPerMillion).toFixed(1)} of the client CPU\n`);
}

function openWire(): Contender {
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: concurrency / 2, requestTimeoutMs: 30_000 };
  const pool = openCqlPool({ contactPoints: [{ host, port }], ...limits });
  const options = { consistency: 'LOCAL_QUORUM' } as const;
  const stamp = long(timestampMicros);
  const valuesOf = (i: number) => [long(BigInt(i)), int(i), text(i), int(i), long(BigInt(i)), text(i + 1), stamp];
  const write = (table: string, rows: readonly unknown[][]) => {
    const insert = insertOf(table);
    return inLanes(rows, (values) => pool.execute(insert, values as Buffer[], options));
  };
  const read = async (table: string) => {
    const counts = await Promise.all(
      tokenRanges().map(async ([start, end]) => {
        let count = 0;
        let pagingState: Buffer | null = null;
        do {
          const range = [long(start), long(end)];
          const page = await pool.execute(selectOf(table), range, { ...options, pageSize, pagingState });
          count += page.rows.length;
          pagingState = page.pagingState;
        } while (pagingState);
        return count;
      }),
    );
    return sum(counts);
  };
  return { name: 'wire/cql', valuesOf, write, read, close: () => pool.close() };
}

async function openDriver(): Promise<Contender> {
  const pooling = { coreConnectionsPerHost: { [types.distance.local]: 2 } };
  const contactPoints = [`${host}:${port}`];
  const client = new Client({
    contactPoints,
    localDataCenter: 'datacenter1',
    pooling,
    encoding: { useBigIntAsLong: true },
  });
  await client.connect();
  const options = { prepare: true, consistency: types.consistencies.localQuorum };
  const valuesOf = (i: number) => [BigInt(i), i, `text ${i}`, i, BigInt(i), `text ${i + 1}`, timestampMicros];
  const write = (table: string, rows: readonly unknown[][]) => {
    return inLanes(rows, (values) => client.execute(insertOf(table), values, options));
  };
  const read = async (table: string) => {
    const counts = await Promise.all(
      tokenRanges().map(async ([start, end]) => {
        let count = 0;
        let pageState: string | undefined;
        do {
          const paging = { ...options, fetchSize: pageSize, ...(pageState && { pageState }) };
          const page = await client.execute(selectOf(table), [start, end], paging);
          count += page.rows.length;
          pageState = page.pageState ?? undefined;
        } while (pageState);
        return count;
      }),
    );
    return sum(counts);
  };
  return { name: 'cassandra-driver', valuesOf, write, read, close: () => client.shutdown() };
}

async function createTables(): Promise<void> {
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  const columns = 'id bigint PRIMARY KEY, a int, b text, c int, d bigint, e text';
  await withClient(async (client) => {
    await client.execute(`CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`);
    for (const table of ['wire', 'driver']) {
      await client.execute(`CREATE TABLE IF NOT EXISTS ${keyspace}.${table} (${columns})`);
    }
  });
}

async function withClient(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ contactPoints: [`${host}:${port}`], localDataCenter: 'datacenter1' });
  await work(client);
  await client.shutdown();
}

/** In slices, so that the heap does not fill with values that wait to be written. */
async function measuredWrite(contender: Contender, table: string): Promise<Figure> {
  const slices: Figure[] = [];
  for (let first = 0; first < rowCount; first += sliceRows) {
    const rows = Array.from({ length: sliceRows }, (_, i) => contender.valuesOf(Math.min(first + i, rowCount - 1)));
    slices.push(await measured(sliceRows, () => contender.write(table, rows)));
  }
  const seconds = slices.reduce((total, slice) => total + 1 / slice.rowsPerSecond, 0) / slices.length;
  return { rowsPerSecond: 1 / seconds, cpuPerMillion: sum(slices.map((slice) => slice.cpuPerMillion)) / slices.length };
}

async function measured(rows: number, work: () => Promise<void>): Promise<Figure> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - beganMs) / 1000;
  return { rowsPerSecond: rows / seconds, cpuPerMillion: (user + system) / rows };
}

function note(what: string, figure: Figure): void {
  figures.set(what, [...(figures.get(what) ?? []), figure]);
  const { rowsPerSecond, cpuPerMillion } = figure;
  print(`${what.padEnd(24)} ${Math.round(rowsPerSecond)} rows/s, ${cpuPerMillion.toFixed(2)} CPU s a million rows\n`);
}

function median(all: readonly Figure[]): Figure {
  return all.toSorted((a, b) => a.cpuPerMillion - b.cpuPerMillion)[Math.floor(all.length / 2)]!;
}

/** As many loops as there may be writes in flight; each awaits its write before the next. */
async function inLanes(rows: readonly unknown[][], write: (values: unknown[]) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < rows.length) await write(rows[next++]!);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

function tokenRanges(): [bigint, bigint][] {
  const step = 2n ** 64n / BigInt(splits);
  const min = -(2n ** 63n);
  return Array.from({ length: splits }, (_, i) => {
    const end = i === splits - 1 ? 2n ** 63n - 1n : min + step * BigInt(i + 1);
    return [min + step * BigInt(i), end];
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function text(i: number): Buffer {
  return Buffer.from(`text ${i}`);
}

function print(line: string): void {
  process.stdout.write(line);
}
