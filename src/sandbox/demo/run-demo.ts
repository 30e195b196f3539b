import { writeFileSync } from 'node:fs';
import type { StandInFacts } from '../keyspaces/stand-in-facts.ts';
import type { CassandraLine } from '../sandbox-release.ts';
import type { Sandbox, SandboxNode } from '../sandbox-state.ts';
import { startStandInProcess } from '../stand-in-process.ts';
import { startSandbox } from '../start-sandbox.ts';
import { stopSandbox, wipeSandbox } from '../stop-sandbox.ts';
import type { ApplicationCounts } from './application.ts';
import { startApplication } from './application-process.ts';
import { awsEnvironment } from './aws-environment.ts';
import type { Chaos } from './chaos.ts';
import { type Child, startChild } from './child.ts';
import { type Comparison, compareKeyspaces } from './compare.ts';
import { type DemoFeed, demoConfig, demoKeyspace, movedKeyspace } from './demo-config.ts';
import { type DemoFolder, demoFolder, emptyFolder } from './demo-folder.ts';
import { demoDdl } from './demo-schema.ts';
import { endAll } from './end-all.ts';
import { fill } from './fill.ts';
import { migrateLive } from './migrate-live.ts';
import { openClient } from './open-client.ts';
import { createOperator } from './operator.ts';
import { readRehearsedFacts } from './rehearsed-facts.ts';
import { foldReports, readReports } from './stream-record.ts';
import type { DemoFacts } from './summary.ts';

export interface DemoOptions {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  /** Of the source; with three each row has three replicas, and one node is stopped in the middle. */
  readonly nodes: 1 | 3;
  readonly feed: DemoFeed;
  /** A stand-in for Amazon Keyspaces before the target Cassandra, or that Cassandra itself. */
  readonly target: 'keyspaces' | 'cassandra';
  /** Of what is asked of the stand-in: the share that is done and never answered. */
  readonly lostAnswers: number;
  readonly rows: number;
  /** That the application does. */
  readonly operationsPerSecond: number;
  readonly chaos: Chaos | undefined;
  /** Leaves the servers up. */
  readonly keep: boolean;
  /** How cdcmig is started: command and first arguments. */
  readonly program: readonly [string, ...string[]];
  readonly onProgress: (text: string) => void;
  readonly signal: AbortSignal;
}

interface Stage extends DemoOptions {
  readonly folder: DemoFolder;
  readonly sandbox: Sandbox;
  readonly standIn: StandInFacts | undefined;
}

const seed = 20_261;

/**
 * Moves a keyspace that is written to all the time with the commands that an operator types, lets a worker, the agent
 * and a sink die on the way, and compares both sides by plain reads. Ends what it started, however it ends.
 */
export async function runDemo(options: DemoOptions): Promise<DemoFacts> {
  const begin = performance.now();
  const folder = demoFolder(options.dir);
  const { cassandra, nodes, onProgress, signal } = options;
  await endAll(folder);
  await wipeSandbox(folder.sandbox);
  emptyFolder(folder);
  let isDone = false;
  try {
    const sandbox = await startSandbox({ dir: folder.sandbox, cassandra, nodes, onProgress, signal });
    const standIn = options.target === 'keyspaces' ? await standBefore(options, folder) : undefined;
    const facts = await rehearse({ ...options, folder, sandbox, standIn });
    isDone = true;
    return { ...facts, seconds: (performance.now() - begin) / 1000 };
  } finally {
    onProgress('ending what still runs');
    await endAll(folder);
    // What failed may be looked at: the servers' data and logs stay.
    if (!options.keep) await (isDone ? wipeSandbox(folder.sandbox) : stopSandbox(folder.sandbox));
  }
}

async function rehearse(stage: Stage): Promise<Omit<DemoFacts, 'seconds'>> {
  const { folder, sandbox, standIn, program, chaos, onProgress, signal } = stage;
  writeFileSync(folder.configFile, demoConfig(sandbox, standIn, folder, stage.feed));
  await timed(stage, `${stage.rows} rows in the source`, () => prepareSource(stage));
  const operator = createOperator({ program, folder, environment: awsEnvironment(standIn), onProgress, signal });
  const agents = stage.feed === 'datastax' ? sandbox.source.map((node) => startDatastaxAgent(node, stage)) : [];
  const application = startApplication(applicationCommand(stage), folder);
  let counts: ApplicationCounts = { done: {}, failed: 0 };
  const stopWrites = async () => {
    counts = await application.stop();
  };
  const { feed } = stage;
  const world = { sandbox, operator, folder, keyspace: demoKeyspace, feed, standIn, chaos };
  const live = await migrateLive({ ...world, stopWrites, onProgress, signal });
  for (const agent of agents) await agent.stop();
  const status = await operator.status();
  const comparison = await timed(stage, 'both sides compared by plain reads', () => compareSides(stage));
  const topic = `persistent://public/cdcmig-${status.migration}/progress`;
  const reports = await readReports(sandbox.pulsar.serviceUrl, topic, signal);
  return {
    ...live,
    ...foldReports(reports, live.steadyFromMs),
    comparison,
    rehearsed: standIn && (await readRehearsedFacts(standIn.metricsUrl, signal)),
    status,
    application: applicationFacts(counts),
  };
}

async function standBefore({ program, lostAnswers, onProgress, signal }: DemoOptions, { sandbox: dir }: DemoFolder) {
  const faults = ['--fault', `lostAnswers=${lostAnswers}`];
  const standIn = await startStandInProcess({ dir, program, options: faults, signal });
  onProgress(`a stand-in for Amazon Keyspaces before the target: ${standIn.endpoint}`);
  return standIn;
}

async function prepareSource({ sandbox, rows, signal }: Stage): Promise<void> {
  const node = sandbox.source[0]!;
  const admin = await openClient(node);
  try {
    for (const ddl of demoDdl(demoKeyspace, node.datacenter, sandbox.source.length))
      await admin.execute(ddl, [], { prepare: false });
  } finally {
    await admin.shutdown();
  }
  const client = await openClient(node, demoKeyspace);
  try {
    await fill(client, rows, seed, signal);
  } finally {
    await client.shutdown();
  }
}

function applicationCommand({ program, sandbox, rows, operationsPerSecond }: Stage): [string, ...string[]] {
  const { address, cqlPort } = sandbox.source[0]!;
  const [command, ...first] = program;
  const numbers = [rows, seed, operationsPerSecond].map(String);
  return [command, ...first, 'demo', 'application', `${address}:${cqlPort}`, ...numbers];
}

async function compareSides({ sandbox, signal }: Stage): Promise<Comparison> {
  const source = await openClient(sandbox.source[0]!, demoKeyspace);
  const target = await openClient(sandbox.target, movedKeyspace).catch(async (error) => {
    await source.shutdown();
    throw error;
  });
  try {
    return await compareKeyspaces({ source, target }, { signal });
  } finally {
    await Promise.all([source.shutdown(), target.shutdown()]);
  }
}

/** Follows the node's own log, and publishes what the DataStax agent would. */
function startDatastaxAgent(
  { name, address, commitLogDir }: SandboxNode,
  { program, folder, onProgress }: Stage,
): Child {
  onProgress(
    `a stand-in for the DataStax agent of ${address}: it replays the form of recorded messages, and is not the agent`,
  );
  const words = [
    'demo',
    'datastax-agent',
    '--config',
    folder.configFile,
    '--node',
    address,
    '--commit-log',
    commitLogDir,
  ];
  return startChild({ name: `datastax-agent-${name}`, folder, command: [...program, ...words] });
}

function applicationFacts({ done, failed, lastError }: ApplicationCounts): DemoFacts['application'] {
  const operations = Object.values(done).reduce((sum, count) => sum + count, 0);
  return { operations, kinds: Object.keys(done).length, failed, lastError };
}

async function timed<T>({ onProgress }: DemoOptions, what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  onProgress(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}
