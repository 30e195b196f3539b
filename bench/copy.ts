import { parseArgs } from 'node:util';
import { openSourceCluster } from '../src/adapters/cassandra/open-source-cluster.ts';
import { openTargetCassandra } from '../src/adapters/cassandra/open-target-cassandra.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { layoutOf, withoutTtls } from '../src/apply/row-layout.ts';
import { createTargetWriter } from '../src/apply/target-writer.ts';
import { tablesOf } from '../src/model/schema.ts';
import type { Table } from '../src/model/table.ts';
import { floorOf, keyspacesWindow } from '../src/model/write-timestamp.ts';
import type { Sandbox } from '../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { copySplit } from '../src/snapshot/copy-split.ts';
import { compareTables } from '../src/validation/compare-tables.ts';
import { inParallel } from '../src/validation/in-parallel.ts';
import { isEqualReport } from '../src/validation/report.ts';
import {
  copyRaw,
  createTable,
  fillTable,
  openBenchPool,
  splitsAtOnce,
  truncateTable,
  wholeRing,
} from './support/bench-keyspace.ts';
import { benchTables } from './support/bench-tables.ts';
import { openSandbox } from './support/open-sandbox.ts';

/**
 * Copies a narrow and a wide table from one Cassandra to another and compares them: the cheapest client there can be
 * (raw cells of a page bound to one INSERT a row, no books, no throttle), then cdcmig's own copy, without and with the remaining times of
 * values, and its validation, in one run. Prints rows a second, client CPU seconds a million rows, and the ratios.
 * `node bench/copy.ts --narrow 500000 --wide 100000 --rounds 2 [--sandbox DIR]`.
 */
const { values: args } = parseArgs({
  options: {
    narrow: { type: 'string', default: '500000' },
    wide: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '2' },
    sandbox: { type: 'string' },
  },
});
const tables = benchTables({ narrow: Number(args.narrow), wide: Number(args.wide) }).filter(({ rows }) => rows > 0);
// A sandbox that runs may hold those of an earlier run.
const source = `bench_copy_${process.pid}`;
const target = `bench_copied_${process.pid}`;
const writesInFlight = 256;
/** As of a table of which the configuration says that nothing expires. */
const timeless = ' without TTLs';
const clock = systemClock();

interface Figure {
  readonly rowsPerSecond: number;
  readonly cpuPerMillion: number;
}

const figures = new Map<string, Figure[]>();
const { sandbox, close } = await openSandbox(args.sandbox, (dir) =>
  startSandbox({ dir, cassandra: '5.0', nodes: 1, isFast: true }),
);
try {
  await run(sandbox);
  for (const { name } of tables) printRatios(name);
} finally {
  await close();
}

async function run(sandbox: Sandbox): Promise<void> {
  const sides = {
    source: { pool: openBenchPool(sandbox.source[0]!), keyspace: source },
    target: { pool: openBenchPool(sandbox.target), keyspace: target },
  };
  const floor = () => floorOf(clock.nowMicros(), keyspacesWindow);
  for (const table of tables) {
    await Promise.all([createTable(table, sides.source), createTable(table, sides.target)]);
    await fillTable(table, sides.source, floor());
  }
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
      await truncateTable(table, sides.target);
      note(`${table.name} cheapest copy`, await measured(table.rows, () => copyRaw(table, sides, floor())));
      // The later one of a round finds everything warmer.
      for (const expires of round % 2 === 0 ? [false, true] : [true, false]) {
        const parts = { table: model, cluster, moved, expires };
        const how = expires ? '' : timeless;
        await truncateTable(table, sides.target);
        note(`${table.name} cdcmig read${how}`, await measured(table.rows, () => readOnly(parts)));
        note(`${table.name} cdcmig copy${how}`, await measured(table.rows, () => copyWithBooks(parts)));
      }
      note(`${table.name} cdcmig validate`, await measured(table.rows, () => compare(model, cluster, moved)));
    }
  }
  await Promise.all([cluster.close(), moved.close(), sides.source.pool.close(), sides.target.pool.close()]);
}

type Cluster = Awaited<ReturnType<typeof openSourceCluster>>;
type Moved = Awaited<ReturnType<typeof openTargetCassandra>>;

interface CopyOf {
  readonly table: Table;
  readonly cluster: Cluster;
  readonly moved: Moved;
  /** Whether remaining times are read. */
  readonly expires: boolean;
}

async function readOnly({ table, cluster, expires }: CopyOf): Promise<number> {
  const layout = expires ? layoutOf(table) : withoutTtls(layoutOf(table));
  const read = await inParallel(wholeRing(), splitsAtOnce, undefined, async (range) => {
    let rows = 0;
    for await (const { starts } of cluster.readTimed({ ...layout, range })) rows += starts.length - 1;
    return rows;
  });
  return sum(read);
}

async function copyWithBooks({ table, cluster, moved, expires }: CopyOf): Promise<number> {
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
    mostBytes: Number.POSITIVE_INFINITY,
    expires: () => expires,
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
    tables: [{ table, splits: wholeRing().length }],
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
  print(`${what.padEnd(31)} ${perSecond(figure)} rows/s, ${cpu(figure)} CPU s a million rows, ${memory}\n`);
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
  for (const work of ['read', 'copy']) {
    const [withTtls, without] = [`cdcmig ${work}`, `cdcmig ${work}${timeless}`].map(best);
    const slower = (withTtls!.rowsPerSecond / without!.rowsPerSecond).toFixed(2);
    print(`${work} with TTLs at ${slower} of the rows/s without, `);
    print(`${cpu(withTtls!)} CPU s a million against ${cpu(without!)}; `);
  }
  print(`validation in ${time} of the copy's time, ${cpu(validate!)} CPU s a million\n`);
}

function perSecond({ rowsPerSecond }: Figure): string {
  return Math.round(rowsPerSecond).toString().padStart(7);
}

function cpu({ cpuPerMillion }: Figure): string {
  return cpuPerMillion.toFixed(2);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function print(line: string): void {
  process.stdout.write(line);
}
