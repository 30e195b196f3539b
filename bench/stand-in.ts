import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CqlPool } from '../src/wire/cql/cql-pool.ts';
import { plainCredentials } from '../src/wire/cql/credentials.ts';
import { openCqlPool } from '../src/wire/cql/open-cql-pool.ts';
import { int, long } from './support/encode.ts';

/**
 * Writes and reads the same rows straight into a Cassandra and through the stand-in before it, in turns, and prints what part of the rate is
 * left. Throttling is off; TLS, rules and metering are on. `node bench/stand-in.ts --backing 127.0.0.1:9042 --rows 100000 --rounds 3`;
 * with `--profile <dir>` the stand-in leaves a CPU profile there.
 */
const { values: args } = parseArgs({
  options: {
    backing: { type: 'string', default: '127.0.0.1:9042' },
    rows: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'string' },
  },
});
const [backingHost, backingPort] = args.backing.split(':') as [string, string];
const backing = { host: backingHost, port: Number(backingPort) };
const rowCount = Number(args.rows);
const lanes = 256;
const pageSize = 1_000;
const keyspace = 'bench_stand_in';
const quorum = { consistency: 'LOCAL_QUORUM' } as const;
const limits = { connectionsPerHost: 2, maxInFlightPerConnection: lanes / 2, requestTimeoutMs: 30_000 };
const insert = `INSERT INTO ${keyspace}.rows (id, a, b, c) VALUES (?, ?, ?, ?)`;
const scan = `SELECT * FROM ${keyspace}.rows WHERE token(id) > ? AND token(id) <= ?`;

const dir = mkdtempSync(join(tmpdir(), 'bench-stand-in-'));
const child = startStandIn();
const facts = await child.facts;
const direct = openCqlPool({ contactPoints: [backing], ...limits });
const [host, port] = facts.endpoint!.split(':') as [string, string];
const through = openCqlPool({
  contactPoints: [{ host, port: Number(port) }],
  ...limits,
  tls: { ca: readFileSync(facts.caFile!) },
  authenticator: plainCredentials(facts.userName!, facts.password!),
});
const parts = { write: [] as number[], read: [] as number[] };
try {
  await define();
  print('| round | work | straight, rows/s | through, rows/s | part left |\n|---|---|---|---|---|\n');
  // The first warms up the three processes.
  for (let round = 0; round <= Number(args.rounds); round++) {
    const isEven = round % 2 === 0;
    const figures = { write: await both(write, isEven), read: await both(read, isEven) };
    for (const work of ['write', 'read'] as const) {
      const { straight, stoodIn } = figures[work];
      const part = stoodIn / straight;
      if (round > 0) parts[work].push(part);
      print(
        `| ${round || 'warm-up'} | ${work} | ${Math.round(straight)} | ${Math.round(stoodIn)} | ${part.toFixed(2)} |\n`,
      );
    }
  }
  print(`median: ${median(parts.write).toFixed(2)} of the writes, ${median(parts.read).toFixed(2)} of the reads\n`);
} finally {
  await through.query(`DROP KEYSPACE ${keyspace}`, quorum).catch(() => {});
  await direct.close();
  await through.close();
  await child.stop();
  rmSync(dir, { recursive: true });
}

function startStandIn(): { facts: Promise<Record<string, string>>; stop: () => Promise<void> } {
  const program = join(import.meta.dirname, '..', 'bin', 'cdcmig.ts');
  const options = [
    '--dir',
    dir,
    '--backing',
    `${backing.host}:${backing.port}`,
    '--port',
    '0',
    '--json',
    '--definition-ms',
    '10',
  ];
  const profile = args.profile ? ['--cpu-prof', `--cpu-prof-dir=${args.profile}`] : [];
  const command = [...profile, program, 'sandbox', 'keyspaces', ...options, '--off', 'throttling'];
  const server = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const facts = once(server.stdout, 'data').then(([line]) => JSON.parse(String(line)) as Record<string, string>);
  const stop = async () => {
    server.kill('SIGINT');
    await once(server, 'exit');
  };
  return { facts, stop };
}

async function define(): Promise<void> {
  await through.query(`CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SingleRegionStrategy'}`, quorum);
  const table = `CREATE TABLE ${keyspace}.rows (id bigint PRIMARY KEY, a int, b text, c text)`;
  await untilDone(() => through.query(table, quorum));
  await untilDone(() => through.query(`SELECT id FROM ${keyspace}.rows LIMIT 1`, quorum));
}

/** Definitions are asynchronous here as in Keyspaces. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function write(pool: CqlPool): Promise<number> {
  let next = 0;
  const lane = async () => {
    while (next < rowCount) {
      const i = next++;
      await pool.execute(insert, [long(BigInt(i)), int(i), text(i), text(i + 1)], quorum);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return rowCount;
}

async function read(pool: CqlPool): Promise<number> {
  const splits = 16n;
  const step = 2n ** 64n / splits;
  const counts = await Promise.all(
    Array.from({ length: Number(splits) }, async (_, split) => {
      const start = -(2n ** 63n) + step * BigInt(split);
      const end = split === Number(splits) - 1 ? 2n ** 63n - 1n : start + step;
      let count = 0;
      let pagingState: Buffer | null = null;
      do {
        const page = await pool.execute(scan, [long(start), long(end)], { ...quorum, pageSize, pagingState });
        count += page.rows.length;
        pagingState = page.pagingState;
      } while (pagingState);
      return count;
    }),
  );
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count !== rowCount) throw new Error(`read ${count} of ${rowCount} rows`);
  return count;
}

/** Rows a second of both, one after the other. */
async function both(work: (pool: CqlPool) => Promise<number>, straightFirst: boolean) {
  const first = await rate(() => work(straightFirst ? direct : through));
  const second = await rate(() => work(straightFirst ? through : direct));
  return straightFirst ? { straight: first, stoodIn: second } : { straight: second, stoodIn: first };
}

async function rate(work: () => Promise<number>): Promise<number> {
  const beganMs = performance.now();
  const rows = await work();
  return rows / ((performance.now() - beganMs) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

function text(i: number): Buffer {
  return Buffer.from(`text ${i}`);
}

function print(line: string): void {
  process.stdout.write(line);
}
