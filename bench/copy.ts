import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSourceCluster } from '../src/adapters/cassandra/open-source-cluster.ts';
import { openTargetCassandra } from '../src/adapters/cassandra/open-target-cassandra.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { createTargetWriter } from '../src/apply/target-writer.ts';
import { tablesOf } from '../src/model/schema.ts';
import type { Table } from '../src/model/table.ts';
import { maxToken, minToken, splitRange } from '../src/model/token.ts';
import { floorOf, keyspacesWindow } from '../src/model/write-timestamp.ts';
import type { Sandbox } from '../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../src/sandbox/stop-sandbox.ts';
import { copySplit } from '../src/snapshot/copy-split.ts';
import { compareTables } from '../src/validation/compare-tables.ts';
import { inParallel } from '../src/validation/in-parallel.ts';
import { isEqualReport } from '../src/validation/report.ts';
import type { CqlPool } from '../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../src/wire/cql/open-cql-pool.ts';
import { int, long } from './support/encode.ts';

/**
 * Copies a narrow and a wide table from one Cassandra to another and compares them: the cheapest client there can be
 * (raw cells of a page bound to one INSERT a row, no books, no throttle), then cdcmig's own copy and validation, in one
 * run. Prints rows a second, client CPU seconds a million rows, and the ratios.
 * `node bench/copy.ts --narrow 500000 --wide 100000 --rounds 2`.
 */
const { values: args } = parseArgs({
  options: {
    narrow: { type: 'string', default: '500000' },
    wide: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '2' },
  },
});
const source = 'bench_copy';
const target = 'bench_copied';
const splitCount = 16;
const splitsAtOnce = 4;
const writesInFlight = 256;
const pageSize = 5_000;
const quorum = { consistency: 'LOCAL_QUORUM' } as const;
const clock = systemClock();

interface BenchTable {
  readonly name: string;
  readonly rows: number;
  /** Name, type and value of row `n` for each column; the primary key is the first one or two. */
  readonly columns: readonly (readonly [name: string, type: string, value: (n: number) => Buffer])[];
  readonly key: string;
}

const tables: readonly BenchTable[] = [
  {
    name: 'narrow',
    rows: Number(args.narrow),
    key: 'id',
    columns: [
      ['id', 'bigint', (n) => long(BigInt(n))],
      ['a', 'int', (n) => int(n)],
      ['b', 'text', (n) => text(`text ${n}`)],
      ['c', 'int', (n) => int(n * 7)],
      ['d', 'bigint', (n) => long(BigInt(n) * 3n)],
      ['e', 'text', (n) => text(`another ${n}`)],
    ],
  },
  {
    name: 'wide',
    rows: Number(args.wide),
    key: 'id, at',
    columns: [
      ['id', 'uuid', (n) => uuid(n >> 4)],
      ['at', 'timestamp', (n) => long(BigInt(n) * 1000n)],
      ...numbers(6).map((i) => [`n${i}`, 'bigint', (n: number) => long(BigInt(n * i))] as const),
      ...numbers(8).map((i) => [`t${i}`, 'text', (n: number) => text(`column ${i} of row ${n}, some words`)] as const),
      ...numbers(3).map((i) => [`d${i}`, 'double', (n: number) => double(n / (i + 1))] as const),
      ['s', 'frozen<set<text>>', (n) => collection([text(`a${n % 10}`), text(`b${n % 10}`)])],
      ['u', 'uuid', (n) => uuid(n)],
      ['flag', 'boolean', (n) => Buffer.from([n & 1])],
    ],
  },
];

interface Figure {
  readonly rowsPerSecond: number;
  readonly cpuPerMillion: number;
}

const figures = new Map<string, Figure[]>();
const dir = mkdtempSync(join(tmpdir(), 'cdcmig-bench-'));
try {
  const sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
  await run(sandbox);
  for (const { name } of tables) printRatios(name);
} finally {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}

async function run(sandbox: Sandbox): Promise<void> {
  const pools = { source: openPool(sandbox.source[0]!), target: openPool(sandbox.target) };
  for (const table of tables) await prepare(table, pools);
  const endpoint = (server: { address: string; cqlPort: number }) => ({
    contactPoints: [`${server.address}:${server.cqlPort}`],
    datacenter: 'datacenter1',
  });
  const cluster = await openSourceCluster(endpoint(sandbox.source[0]!));
  const moved = await openTargetCassandra({ ...endpoint(sandbox.target), keyspace: target });
  const schema = tablesOf(await cluster.schema(source));
  for (let round = 0; round < Number(args.rounds); round++) {
    for (const table of tables) {
      const model = schema.find(({ name }) => name === table.name)!;
      await pools.target.query(`TRUNCATE ${target}.${table.name}`, quorum);
      note(`${table.name} cheapest copy`, await measured(table.rows, () => copyRaw(table, pools)));
      await pools.target.query(`TRUNCATE ${target}.${table.name}`, quorum);
      note(`${table.name} cdcmig copy`, await measured(table.rows, () => copyWithBooks(model, cluster, moved)));
      note(`${table.name} cdcmig validate`, await measured(table.rows, () => compare(model, cluster, moved)));
    }
  }
  await Promise.all([cluster.close(), moved.close(), pools.source.close(), pools.target.close()]);
}

function openPool({ address: host, cqlPort: port }: { address: string; cqlPort: number }): CqlPool {
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: 512, requestTimeoutMs: 60_000 };
  return openCqlPool({ contactPoints: [{ host, port }], ...limits });
}

type Pools = Readonly<Record<'source' | 'target', CqlPool>>;

async function prepare(table: BenchTable, pools: Pools): Promise<void> {
  const columns = table.columns.map(([name, type]) => `${name} ${type}`).join(', ');
  for (const [side, keyspace] of [
    ['source', source],
    ['target', target],
  ] as const) {
    const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    await pools[side].query(`CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${replication}`, quorum);
    await pools[side].query(`CREATE TABLE ${keyspace}.${table.name} (${columns}, PRIMARY KEY (${table.key}))`, quorum);
  }
  const insert = insertText(table, source);
  const stamp = long(floorOf(clock.nowMicros(), keyspacesWindow));
  await inLanes(numbers(table.rows), async (n) => {
    await pools.source.execute(insert, [...table.columns.map(([, , value]) => value(n)), stamp], quorum);
  });
}

function insertText({ columns, name }: BenchTable, keyspace: string): string {
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${keyspace}.${name} (${columns.map(([each]) => each).join(', ')}) VALUES (${marks}) USING TIMESTAMP ?`;
}

async function copyRaw(table: BenchTable, pools: Pools): Promise<number> {
  const key = table.key.split(',')[0]!;
  const names = table.columns.map(([each]) => each).join(', ');
  const select = `SELECT ${names} FROM ${source}.${table.name} WHERE token(${key}) > ? AND token(${key}) <= ?`;
  const insert = insertText(table, target);
  const stamp = long(floorOf(clock.nowMicros(), keyspacesWindow));
  const counts = await inParallel(wholeRing(), splitsAtOnce, undefined, async ({ start, end }) => {
    let count = 0;
    let pagingState: Buffer | null = null;
    do {
      const page = await pools.source.execute(select, [long(start), long(end)], { ...quorum, pageSize, pagingState });
      await Promise.all(page.rows.map((row) => pools.target.execute(insert, [...row, stamp], quorum)));
      count += page.rows.length;
      pagingState = page.pagingState;
    } while (pagingState);
    return count;
  });
  return sum(counts);
}

type Cluster = Awaited<ReturnType<typeof openSourceCluster>>;
type Moved = Awaited<ReturnType<typeof openTargetCassandra>>;

async function copyWithBooks(table: Table, cluster: Cluster, moved: Moved): Promise<number> {
  const report = () => {};
  const parts = {
    source: cluster,
    writer: createTargetWriter({ target: moved, clock, report, maxInFlight: writesInFlight }),
    pace: { take: async () => {} },
    deadLetters: { add: async () => {} },
    clock,
    report,
    window: keyspacesWindow,
    keyspace: target,
    worker: 'bench',
    rowsAtOnce: writesInFlight,
  };
  const splits = wholeRing().map((range, n) => ({
    id: `${table.name}/${n}`,
    table: table.name,
    tableId: table.id,
    range,
  }));
  const copied = await inParallel(splits, splitsAtOnce, undefined, (split) => copySplit(split, table, parts));
  return sum(copied.map(({ writtenRows }) => Number(writtenRows)));
}

async function compare(table: Table, cluster: Cluster, moved: Moved): Promise<number> {
  const report = await compareTables({
    sides: { source: cluster, target: moved },
    tables: [{ table, splits: splitCount }],
    withCounters: false,
    clock,
    report: () => {},
    streamTime: () => undefined,
    patienceMs: 0,
    splitsAtOnce,
  });
  if (!isEqualReport(report)) throw new Error(`${table.name} differs: ${report.differences.length} rows`);
  return Number(report.tables[0]!.sourceRows);
}

function wholeRing() {
  return splitRange({ start: minToken, end: maxToken }, splitCount);
}

async function measured(rows: number, work: () => Promise<number>): Promise<Figure> {
  const cpu = process.cpuUsage();
  const beganMs = performance.now();
  const done = await work();
  if (done !== rows) throw new Error(`${done} of ${rows} rows`);
  const { user, system } = process.cpuUsage(cpu);
  return { rowsPerSecond: (rows * 1000) / (performance.now() - beganMs), cpuPerMillion: (user + system) / rows };
}

function note(what: string, figure: Figure): void {
  figures.set(what, [...(figures.get(what) ?? []), figure]);
  const memory = `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`;
  print(`${what.padEnd(24)} ${perSecond(figure)} rows/s, ${cpu(figure)} CPU s a million rows, ${memory}\n`);
}

function printRatios(name: string): void {
  const best = (what: string) =>
    figures.get(`${name} ${what}`)!.toSorted((a, b) => a.cpuPerMillion - b.cpuPerMillion)[0]!;
  const [cheapest, copy, validate] = ['cheapest copy', 'cdcmig copy', 'cdcmig validate'].map(best);
  const share = (copy!.rowsPerSecond / cheapest!.rowsPerSecond).toFixed(2);
  const time = (copy!.rowsPerSecond / validate!.rowsPerSecond).toFixed(2);
  print(
    `${name}: copy at ${share} of the cheapest client's rows/s, ${cpu(copy!)} CPU s a million against ${cpu(cheapest!)}; `,
  );
  print(`validation in ${time} of the copy's time, ${cpu(validate!)} CPU s a million\n`);
}

function perSecond({ rowsPerSecond }: Figure): string {
  return Math.round(rowsPerSecond).toString().padStart(7);
}

function cpu({ cpuPerMillion }: Figure): string {
  return cpuPerMillion.toFixed(2);
}

async function inLanes<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  await inParallel(items, 512, undefined, work);
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

function uuid(n: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(n, 12);
  bytes[6] = 0x40;
  bytes[8] = 0x80;
  return bytes;
}

function collection(elements: readonly Buffer[]): Buffer {
  return Buffer.concat([int(elements.length), ...elements.flatMap((element) => [int(element.length), element])]);
}

function print(line: string): void {
  process.stdout.write(line);
}
