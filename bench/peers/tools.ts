import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../src/sandbox/cache-folder.ts';
import { findJava } from '../../src/sandbox/find-java.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { aMigration, pidIn } from '../../test/scenarios/operator/a-migration.ts';
import { countRows, type Place, type Side, truncateTable } from '../support/bench-keyspace.ts';
import type { BenchTable } from '../support/bench-tables.ts';
import { type CpuAccount, openCpuAccount } from './cpu-account.ts';
import { installCqlsh, installDsbulk } from './install-peers.ts';
import { measureCommand, type Usage } from './measure-command.ts';

/** One table to be copied from `source` to `target`, which both have it. */
interface Contest {
  readonly table: BenchTable;
  readonly sandbox: Sandbox;
  readonly source: Side;
  readonly target: Side;
  /** The program of cdcmig as it is installed. */
  readonly cdcmig: string;
  /** A folder for logs and files between. */
  readonly scratch: string;
  readonly print: (text: string) => void;
}

type Tool = (contest: Contest, round: number) => Promise<void>;

export function toolNamed(name: string): Tool {
  const tool = tools[name];
  if (!tool) throw new Error(`no tool ${name}: one of ${Object.keys(tools).join(', ')}`);
  return tool;
}

const tools: Readonly<Record<string, Tool>> = {
  cheapest: async (parts) => {
    const { source, target, table } = parts;
    const [from, to] = [placeOf(parts.sandbox.source[0]!), placeOf(parts.sandbox.target)];
    await copyWith('cheapest client', parts, [
      ...[process.execPath, new URL('cheapest-copy.ts', import.meta.url).pathname],
      ...[table.name, from, to, source.keyspace, target.keyspace],
    ]);
  },
  cdcmig: copyWithCdcmig,
  dsbulk: async (parts) => {
    const { command: java } = await findJava();
    const dsbulk = `"${java}" -cp "${await installDsbulk(cacheFolder())}" com.datastax.oss.dsbulk.runner.DataStaxBulkLoader`;
    const common = `-t ${parts.table.name} -url - -logDir ${parts.scratch} --driver.basic.request.timeout=60s`;
    const [from, to] = [parts.sandbox.source[0]!, parts.sandbox.target];
    const pipe = [
      `${dsbulk} unload -h ${from.address} -port ${from.cqlPort} -k ${parts.source.keyspace} ${common}`,
      `${dsbulk} load -h ${to.address} -port ${to.cqlPort} -k ${parts.target.keyspace} ${common}`,
    ].join(' | ');
    await copyWith('DSBulk unload, load', parts, ['bash', '-o', 'pipefail', '-c', pipe]);
  },
  cqlsh: async (parts) => {
    const cqlsh = await installCqlsh(cacheFolder());
    const file = join(parts.scratch, `${parts.table.name}.csv`);
    const shell = (place: Place, statement: string) =>
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
  const words = (...what: readonly string[]) => [
    process.execPath,
    parts.cdcmig,
    ...what,
    '--config',
    migration.configFile,
  ];
  const moved = { ...parts, target: { ...parts.target, keyspace: targetKeyspace } };
  const agent = pidIn(join(migration.agentFolder, 'agent.pid'))!;
  await measure('cdcmig snapshot-migrate', moved, words('run', '--phase', 'snapshot-migrate'), { agent });
  await measure('cdcmig validate', moved, words('validate'), { agent });
  await parts.target.pool.query(`DROP KEYSPACE ${targetKeyspace}`, { consistency: 'LOCAL_QUORUM' });
}

async function copyWith(name: string, parts: Contest, command: readonly string[]): Promise<void> {
  await truncateTable(parts.table, parts.target);
  await measure(name, parts, command);
}

/** `beside` are processes that belong to the tool and are no children of it. */
async function measure(
  name: string,
  parts: Contest,
  command: readonly string[],
  beside: Readonly<Record<string, number>> = {},
): Promise<void> {
  const { source, target, pulsar } = parts.sandbox;
  const servers = { source: source[0]!.pid!, target: target.pid!, broker: pulsar.pid! };
  const closeAccount = openCpuAccount({ ...servers, ...beside });
  const usage = await measureCommand(command);
  tell(name, parts, usage, closeAccount(), await countRows(parts.table, parts.target));
}

function tell(name: string, { table, print }: Contest, usage: Usage, account: CpuAccount, rows: number): void {
  const aMillion = (seconds: number | undefined) =>
    seconds === undefined ? '' : ((seconds * 1e6) / table.rows).toFixed(1);
  const { source, target, broker, agent } = account.ofServers;
  const shares = [usage.cpuSeconds, source, target, broker, agent, account.ofOthers - usage.cpuSeconds, account.idle];
  const columns = [table.name, name, Math.round(table.rows / usage.seconds), ...shares.map(aMillion)];
  print(`| ${[...columns, Math.round(usage.peakMegabytes), rows].join(' | ')} |\n`);
}

function placeOf({ address, cqlPort }: Place): string {
  return `${address}:${cqlPort}`;
}
