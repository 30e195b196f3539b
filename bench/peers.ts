/**
 * cdcmig beside what people use today, one after the other in one run: every tool as a process of its own copies the same tables from
 * one Cassandra to another; rows are counted after each, since a tool may end well with rows missing. Maven and pip fetch the peers once.
 * Run: node bench/peers.ts [--narrow 2000000] [--wide 300000] [--rounds 1] [--only narrow,wide] [--tools cdcmig,cheapest,dsbulk,cqlsh]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { floorOf, keyspacesWindow } from '../src/model/write-timestamp.ts';
import { cacheFolder } from '../src/sandbox/cache-folder.ts';
import { findJava } from '../src/sandbox/find-java.ts';
import type { Sandbox } from '../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { aMigration } from '../test/scenarios/operator/a-migration.ts';
import { installCqlsh, installDsbulk } from './peers/install-peers.ts';
import { measureCommand, type Usage } from './peers/measure-command.ts';
import {
  countRows,
  createTable,
  fillTable,
  openBenchPool,
  type Side,
  truncateTable,
} from './support/bench-keyspace.ts';
import { type BenchTable, benchTables } from './support/bench-tables.ts';
import { openSandbox } from './support/open-sandbox.ts';

const { values: args } = parseArgs({
  options: {
    narrow: { type: 'string', default: '2000000' },
    wide: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'narrow,wide' },
    tools: { type: 'string', default: 'cheapest,cdcmig,dsbulk,cqlsh' },
    sandbox: { type: 'string' },
  },
});

interface Contest {
  readonly table: BenchTable;
  readonly sandbox: Sandbox;
  readonly source: Side;
  readonly target: Side;
}

const scratch = mkdtempSync(join(tmpdir(), 'cdcmig-bench-'));
const { sandbox, close } = await openSandbox(args.sandbox, (dir) => startSandbox({ dir, cassandra: '5.0', nodes: 1 }));
try {
  print('| table | tool | rows/s | client CPU s a million | peak MB | rows there |\n|---|---|---|---|---|---|\n');
  const tables = benchTables({ narrow: Number(args.narrow), wide: Number(args.wide) });
  for (const table of tables.filter(({ name }) => args.only.split(',').includes(name))) await contest(table);
} finally {
  await close();
  rmSync(scratch, { recursive: true });
}

async function contest(table: BenchTable): Promise<void> {
  const keyspace = `bench_${table.name}`;
  const source = { pool: openBenchPool(sandbox.source[0]!), keyspace };
  const target = { pool: openBenchPool(sandbox.target), keyspace: `${keyspace}_copy` };
  try {
    await Promise.all([createTable(table, source), createTable(table, target)]);
    await fillTable(table, source, floorOf(BigInt(Date.now()) * 1000n, keyspacesWindow));
    const parts = { table, sandbox, source, target };
    for (let round = 0; round < Number(args.rounds); round++)
      for (const tool of args.tools.split(',')) await tools[tool]!(parts, round);
  } finally {
    await Promise.all([source.pool.close(), target.pool.close()]);
  }
}

const tools: Readonly<Record<string, (contest: Contest, round: number) => Promise<void>>> = {
  cheapest: async (parts) => {
    const { source, target, table } = parts;
    const [from, to] = [placeOf(parts.sandbox.source[0]!), placeOf(parts.sandbox.target)];
    await copyWith('cheapest client', parts, [
      ...[process.execPath, new URL('peers/cheapest-copy.ts', import.meta.url).pathname],
      ...[table.name, from, to, source.keyspace, target.keyspace],
    ]);
  },
  cdcmig: copyWithCdcmig,
  dsbulk: async (parts) => {
    const { command: java } = await findJava();
    const dsbulk = `"${java}" -cp "${await installDsbulk(cacheFolder())}" com.datastax.oss.dsbulk.runner.DataStaxBulkLoader`;
    const common = `-t ${parts.table.name} -url - -logDir ${scratch} --driver.basic.request.timeout=60s`;
    const [from, to] = [parts.sandbox.source[0]!, parts.sandbox.target];
    const pipe = [
      `${dsbulk} unload -h ${from.address} -port ${from.cqlPort} -k ${parts.source.keyspace} ${common}`,
      `${dsbulk} load -h ${to.address} -port ${to.cqlPort} -k ${parts.target.keyspace} ${common}`,
    ].join(' | ');
    await copyWith('DSBulk unload, load', parts, ['bash', '-o', 'pipefail', '-c', pipe]);
  },
  cqlsh: async (parts) => {
    const cqlsh = await installCqlsh(cacheFolder());
    const file = join(scratch, `${parts.table.name}.csv`);
    const shell = (place: { address: string; cqlPort: number }, statement: string) =>
      `${cqlsh} ${place.address} ${place.cqlPort} --request-timeout=600 -e "${statement}"`;
    const { name } = parts.table;
    const script = [
      shell(parts.sandbox.source[0]!, `COPY ${parts.source.keyspace}.${name} TO '${file}' WITH NUMPROCESSES=2`),
      shell(
        parts.sandbox.target,
        `COPY ${parts.target.keyspace}.${name} FROM '${file}' WITH NUMPROCESSES=2 AND INGESTRATE=1000000`,
      ),
    ].join(' && ');
    await copyWith('cqlsh COPY TO, FROM', parts, ['bash', '-c', script]);
    rmSync(file, { force: true });
  },
};

/** The whole phase as an operator runs it: splits, books, throttle, resume, beside an agent that follows the log. */
async function copyWithCdcmig(parts: Contest, round: number): Promise<void> {
  const { table, source } = parts;
  const targetKeyspace = `${source.keyspace}_moved_${round}`;
  await using migration = aMigration({
    ...{ sandbox: parts.sandbox, keyspace: source.keyspace, targetKeyspace },
    name: `bench-${table.name}-${round}-${process.pid}`,
  });
  for (const phase of ['deploy-agent', 'start-source']) {
    const { exitCode, stderr } = await migration.run('run', '--phase', phase);
    if (exitCode !== 0) throw new Error(stderr);
  }
  const cdcmig = [process.execPath, new URL('../bin/cdcmig.ts', import.meta.url).pathname];
  const words = (...what: readonly string[]) => [...cdcmig, ...what, '--config', migration.configFile];
  const moved = { ...parts, target: { ...parts.target, keyspace: targetKeyspace } };
  tell(
    'cdcmig snapshot-migrate',
    moved,
    await measureCommand(words('run', '--phase', 'snapshot-migrate')),
    await countRows(table, moved.target),
  );
  tell('cdcmig validate', moved, await measureCommand(words('validate')), await countRows(table, moved.target));
  await parts.target.pool.query(`DROP KEYSPACE ${targetKeyspace}`, { consistency: 'LOCAL_QUORUM' });
}

async function copyWith(name: string, parts: Contest, command: readonly string[]): Promise<void> {
  await truncateTable(parts.table, parts.target);
  tell(name, parts, await measureCommand(command), await countRows(parts.table, parts.target));
}

function tell(name: string, { table }: Contest, usage: Usage, rows: number): void {
  const perSecond = Math.round(table.rows / usage.seconds);
  const cpu = ((usage.cpuSeconds * 1e6) / table.rows).toFixed(1);
  print(`| ${table.name} | ${name} | ${perSecond} | ${cpu} | ${Math.round(usage.peakMegabytes)} | ${rows} |\n`);
}

function placeOf({ address, cqlPort }: { readonly address: string; readonly cqlPort: number }): string {
  return `${address}:${cqlPort}`;
}

function print(text: string): void {
  process.stdout.write(text);
}
