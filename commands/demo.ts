import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { OperatorError } from '../src/errors.ts';
import { runApplication } from '../src/sandbox/demo/application.ts';
import type { Chaos } from '../src/sandbox/demo/chaos.ts';
import { type DemoFeed, demoKeyspace } from '../src/sandbox/demo/demo-config.ts';
import { openClient } from '../src/sandbox/demo/open-client.ts';
import { runDemo } from '../src/sandbox/demo/run-demo.ts';
import { faultsOf, summaryText } from '../src/sandbox/demo/summary.ts';
import { type CassandraLine, cassandraLines } from '../src/sandbox/sandbox-release.ts';
import { datastaxStandInCommand } from './datastax-stand-in.ts';
import { interruptSignal } from './interrupt.ts';

interface Options {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  readonly nodes: '1' | '3';
  readonly feed: DemoFeed;
  readonly target: 'keyspaces' | 'cassandra';
  readonly lostAnswers: number;
  readonly rows?: number;
  readonly chaos?: true | number;
  readonly keep?: true;
}

/** Three nodes write everything three times, on the same machine. */
const usual = {
  1: { rows: 200_000, operationsPerSecond: 300 },
  3: { rows: 40_000, operationsPerSecond: 100 },
} as const;

/** `cdcmig demo`: a whole migration on this machine, under writes and with deaths; exit code 0 only if nothing was lost. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('move a keyspace that is written to all the time, kill what moves it, and compare both sides')
    .option('--dir <dir>', 'folder of the demo', join('.cdcmig', 'demo'))
    .addOption(new Option('--cassandra <version>', 'line of the source').choices(cassandraLines).default('5.0'))
    .addOption(
      new Option('--nodes <count>', 'source nodes; of three, one is stopped and comes back')
        .choices(['1', '3'])
        .default('1'),
    )
    .addOption(
      new Option('--feed <kind>', 'whose agents tell of the changes; of datastax a stand-in, on one node')
        .choices(['cdcmig', 'datastax'])
        .default('cdcmig'),
    )
    .addOption(
      new Option('--target <kind>', 'a stand-in for Amazon Keyspaces, or a Cassandra')
        .choices(['keyspaces', 'cassandra'])
        .default('keyspaces'),
    )
    .addOption(
      new Option('--lost-answers <percent>', 'of what is asked of the stand-in: done and never answered')
        .argParser(shareOf)
        .default(0.01, '1%'),
    )
    .option('--rows <count>', 'rows in the source at the beginning (default: 200000, of three nodes 40000)', countOf)
    .option(
      '--chaos [seed]',
      'while changes are applied, let something die every few seconds; in the order of the seed',
      countOf,
    )
    .option('--keep', 'leave the servers up')
    .action(demo)
    .addCommand(applicationCommand(), { hidden: true })
    .addCommand(datastaxStandInCommand(), { hidden: true });
}

async function demo(options: Options): Promise<void> {
  const folder = resolve(options.dir);
  if (options.feed === 'datastax' && options.nodes !== '1') throw oneNodeOnly();
  try {
    const nodes = Number(options.nodes) as 1 | 3;
    const facts = await runDemo({
      ...usual[nodes],
      ...options,
      nodes,
      chaos: options.chaos === undefined ? undefined : chaosOf(options.chaos),
      keep: options.keep ?? false,
      program: [process.execPath, resolve(process.argv[1]!)],
      onProgress: progress,
      signal: interruptSignal(),
    });
    process.stdout.write(summaryText(facts));
    throwOnFaults(faultsOf(facts), folder);
  } catch (error) {
    progress(`the demo has not succeeded; the logs are in ${join(folder, 'logs')} and ${join(folder, 'sandbox')}`);
    throw error;
  } finally {
    if (options.keep)
      progress(`the servers may be up; cdcmig sandbox down --dir ${join(folder, 'sandbox')} stops them`);
  }
}

/** A node that is stopped in the middle takes the place of its stand-in with it. */
function oneNodeOnly(): OperatorError {
  const found = '--feed datastax with --nodes 3';
  return new OperatorError({ expected: 'one of the two', found, next: 'leave --nodes away' }, { exitCode: 2 });
}

function chaosOf(asked: true | number): Chaos {
  const seed = asked === true ? (Date.now() % 1_000_000) + 1 : asked;
  progress(`chaos by seed ${seed}`);
  return { seed, forMs: chaosMs };
}

const chaosMs = 60_000;

function throwOnFaults(faults: readonly string[], folder: string): void {
  if (faults.length === 0) return;
  const next = `read the logs in ${join(folder, 'logs')}`;
  throw new OperatorError({ expected: 'both sides equal', found: faults.join(', '), next }, { exitCode: 3 });
}

/** The demo's application, as the process of its own that it is. */
function applicationCommand(): Command {
  return new Command('application')
    .argument('<node>', 'host:port of the source')
    .argument('<rows>', 'rows at the beginning', countOf)
    .argument('<seed>', 'the same operations for the same seed', countOf)
    .argument('<rate>', 'operations a second', countOf)
    .action(application);
}

async function application(node: string, allRows: number, seed: number, operationsPerSecond: number): Promise<void> {
  const [address = '', port = ''] = node.split(':');
  const place = { address, cqlPort: Number(port), datacenter: 'datacenter1' };
  const client = await openClient(place, demoKeyspace);
  try {
    const counts = await runApplication(client, { allRows, operationsPerSecond, seed }, interruptSignal());
    process.stdout.write(`${JSON.stringify(counts)}\n`);
  } finally {
    await client.shutdown();
  }
}

function shareOf(text: string): number {
  const percent = Number(/^(\d{1,2}(?:\.\d+)?) ?%?$/.exec(text)?.[1] ?? Number.NaN);
  if (percent <= 50) return percent / 100;
  throw new InvalidArgumentError('expected a percentage from 0 to 50');
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError('expected a positive whole number');
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
