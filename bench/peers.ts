/**
 * cdcmig beside what people use today, one after the other in one run: every tool as a process of its own copies the same tables from
 * one Cassandra to another; rows are counted after each, since a tool may end well with rows missing, and the
 * CPU seconds of both cores are told by who used them. Maven and pip fetch the peers once.
 * Run: node bench/peers.ts [--narrow 2000000] [--wide 300000] [--large 500] [--partition 300000] [--rounds 1] [--only narrow,wide,large,partition] [--tools cdcmig,cheapest,dsbulk,cqlsh]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { floorOf, keyspacesWindow } from '../src/model/write-timestamp.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { buildCdcmig } from './peers/build-cdcmig.ts';
import { toolNamed } from './peers/tools.ts';
import { createTable, fillTable, openBenchPool } from './support/bench-keyspace.ts';
import { type BenchTable, benchTables } from './support/bench-tables.ts';
import { openSandbox } from './support/open-sandbox.ts';

const { values: args } = parseArgs({
  options: {
    narrow: { type: 'string', default: '2000000' },
    wide: { type: 'string', default: '300000' },
    large: { type: 'string', default: '500' },
    partition: { type: 'string', default: '300000' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'narrow,wide' },
    tools: { type: 'string', default: 'cheapest,cdcmig,dsbulk,cqlsh' },
    sandbox: { type: 'string' },
  },
});

const warmUpRows = 200_000;
const scratch = mkdtempSync(join(tmpdir(), 'cdcmig-bench-'));
const built = await buildCdcmig();
const { sandbox, close } = await openSandbox(args.sandbox, (dir) =>
  startSandbox({ dir, cassandra: '5.0', nodes: 1, isFast: true }),
);
try {
  const shares = ['client', 'source', 'target', 'broker', 'agent', 'others', 'idle'];
  const columns = [
    'table',
    'tool',
    'rows/s',
    ...shares.map((share) => `${share}, CPU s a million`),
    'peak MB',
    'rows there',
  ];
  print(`| ${columns.join(' | ')} |\n|${columns.map(() => '---|').join('')}\n`);
  const rows = { narrow: Number(args.narrow), wide: Number(args.wide) };
  const tables = benchTables({ ...rows, large: Number(args.large), partition: Number(args.partition) });
  for (const table of tables.filter(({ name }) => args.only.split(',').includes(name))) await contest(table);
} finally {
  await close();
  built.remove();
  rmSync(scratch, { recursive: true });
}

async function contest(table: BenchTable): Promise<void> {
  const keyspace = `bench_${table.name}`;
  const source = { pool: openBenchPool(sandbox.source[0]!), keyspace };
  const target = { pool: openBenchPool(sandbox.target), keyspace: `${keyspace}_copy` };
  try {
    await Promise.all([createTable(table, source), createTable(table, target)]);
    const micros = floorOf(BigInt(Date.now()) * 1000n, keyspacesWindow);
    await fillTable(table, source, micros);
    // Else the first tool waits for Java to compile what all of them use.
    await fillTable({ ...table, rows: Math.min(table.rows, warmUpRows) }, target, micros);
    const parts = { table, sandbox, source, target, cdcmig: built.program, scratch, print };
    for (let round = 0; round < Number(args.rounds); round++)
      for (const tool of args.tools.split(',')) await toolNamed(tool)(parts, round);
  } finally {
    await Promise.all([source.pool.close(), target.pool.close()]);
  }
}

function print(text: string): void {
  process.stdout.write(text);
}
