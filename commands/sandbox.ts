import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type CassandraLine, cassandraLines } from '../src/sandbox/sandbox-release.ts';
import { type SandboxStatus, sandboxStatus } from '../src/sandbox/sandbox-status.ts';
import { startStandInProcess } from '../src/sandbox/stand-in-process.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import { stopSandbox, wipeSandbox } from '../src/sandbox/stop-sandbox.ts';
import { sandboxKeyspacesCommand } from './sandbox-keyspaces.ts';

interface SandboxOptions {
  readonly dir: string;
  readonly json?: true;
}

interface StartOptions extends SandboxOptions {
  readonly cassandra?: CassandraLine;
  readonly nodes?: '1' | '3';
  readonly keyspaces?: true;
}

/** `cdcmig sandbox up|status|down|reset|keyspaces`: a real source cluster, target and Pulsar on this machine, to rehearse on. */
export function sandboxCommand(): Command {
  return new Command('sandbox')
    .description('real Cassandra and Pulsar on this machine, to rehearse on')
    .addCommand(withStartOptions(subcommand('up', 'start what does not run yet; returns when all answer')).action(up))
    .addCommand(subcommand('status', 'say which servers run').action(status))
    .addCommand(subcommand('down', 'stop the servers; their data stays').action(down))
    .addCommand(withStartOptions(subcommand('reset', 'stop the servers, remove their data, start again')).action(reset))
    .addCommand(sandboxKeyspacesCommand());
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--dir <dir>', 'folder of the sandbox', join('.cdcmig', 'sandbox'))
    .option('--json', 'print the status as JSON');
}

function withStartOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--cassandra <version>', 'line of the source (default: as before, or 5.0)').choices(cassandraLines),
    )
    .addOption(new Option('--nodes <count>', 'source nodes (default: as before, or 1)').choices(['1', '3']))
    .option('--keyspaces', 'a stand-in for Amazon Keyspaces in front of the target as well');
}

async function up(options: StartOptions): Promise<void> {
  await start(options, await sandboxStatus(options.dir));
}

async function reset(options: StartOptions): Promise<void> {
  const before = await sandboxStatus(options.dir);
  if (before.sandbox) progress('stopping the servers and removing their data');
  await wipeSandbox(options.dir);
  await start(options, before);
}

async function start(options: StartOptions, before: SandboxStatus): Promise<void> {
  const shape = {
    dir: options.dir,
    cassandra: options.cassandra ?? before.sandbox?.cassandra ?? '5.0',
    nodes: (options.nodes ? Number(options.nodes) : (before.sandbox?.source.length ?? 1)) as 1 | 3,
  };
  await interruptible(async (signal) => {
    await startSandbox({ ...shape, onProgress: progress, signal });
    if (options.keyspaces) await startStandIn(options.dir, signal);
  });
  await status(options);
}

async function startStandIn(dir: string, signal: AbortSignal): Promise<void> {
  const program = [process.execPath, resolve(process.argv[1]!)] as const;
  const { caFile, awsCredentialsFile, controlPlaneUrl } = await startStandInProcess({ dir, program, signal });
  progress(
    `keyspaces: CA ${caFile}, AWS_SHARED_CREDENTIALS_FILE ${awsCredentialsFile}, control plane ${controlPlaneUrl}`,
  );
}

async function down(options: SandboxOptions): Promise<void> {
  const stopped = await stopSandbox(options.dir);
  progress(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
  if (options.json) await status(options);
}

async function status(options: SandboxOptions): Promise<void> {
  const found = await sandboxStatus(options.dir);
  process.stdout.write(options.json ? `${JSON.stringify(found, null, 2)}\n` : statusTable(found));
}

/** One line a server, in columns; a sentence when there is no sandbox. */
export function statusTable(found: SandboxStatus): string {
  if (!found.sandbox) return `no sandbox in ${found.dir}; cdcmig sandbox up makes one\n`;
  const version = (name: string) => {
    if (name === 'pulsar') return 'Pulsar';
    if (name === 'keyspaces') return 'a stand-in';
    return `Cassandra ${name === 'target' ? '5.0' : found.sandbox!.cassandra}`;
  };
  const rows = found.servers.map((server) => [
    server.name,
    version(server.name),
    server.endpoint,
    server.pid === null ? '' : `pid ${server.pid}`,
    server.condition,
  ]);
  return columns(rows);
}

function columns(rows: readonly (readonly string[])[]): string {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(width(column))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** Ctrl-C while servers start: those just started are stopped again before the program leaves. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => controller.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
