import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { openSourceCluster } from '../src/adapters/cassandra/open-source-cluster.ts';
import { openTargetCassandra } from '../src/adapters/cassandra/open-target-cassandra.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { localShell } from '../src/adapters/local-shell/local-shell.ts';
import { openPulsarBus } from '../src/adapters/pulsar/open-pulsar-bus.ts';
import type { ClusterConfig, Config } from '../src/config/config.ts';
import { readConfig, resolveReference } from '../src/config/read-config.ts';
import { OperatorError } from '../src/errors.ts';
import type { Report } from '../src/events.ts';
import { tablesOf } from '../src/model/schema.ts';
import { topics } from '../src/model/topics.ts';
import type { PhaseContext, RunOptions, WorkerContext } from '../src/phases/phase-context.ts';
import { prepareLedgerTopics } from '../src/phases/prepare-topics.ts';
import { type Plan, planMigration } from '../src/plan/plan-migration.ts';
import type { MessageBus } from '../src/ports/message-bus.ts';
import type { SourceCluster } from '../src/ports/source-cluster.ts';
import type { TargetKeyspace } from '../src/ports/target-keyspace.ts';
import { openLedger } from '../src/state/ledger.ts';
import { interruptSignal } from './interrupt.ts';

/** Two clusters and the bus, opened from a configuration; closed in reverse order by whoever opened them. */
export interface Opened extends WorkerContext, AsyncDisposable {
  readonly configFile: string;
}

export interface OpenOptions {
  readonly config: string;
  readonly report: Report;
  readonly name?: string | undefined;
  /** False for commands that only look: they leave no topic behind. */
  readonly prepares: boolean;
}

export interface Clusters extends AsyncDisposable {
  readonly config: Config;
  readonly source: SourceCluster;
  readonly target: TargetKeyspace;
  readonly signal: AbortSignal;
}

/** Both clusters, for what needs no migration to have begun. */
export async function openClusters(file: string): Promise<Clusters> {
  const config = readConfig(file);
  const signal = interruptSignal();
  await using stack = new AsyncDisposableStack();
  const source = stack.adopt(await openSourceCluster({ ...endpointOf(config.source), signal }), (opened) =>
    opened.close(),
  );
  const target = stack.adopt(
    await openTargetCassandra({ ...endpointOf(config.target), keyspace: config.target.keyspace, signal }),
    (opened) => opened.close(),
  );
  const rest = stack.move();
  return { config, source, target, signal, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

export async function openContext({ config: file, report, name, prepares }: OpenOptions): Promise<Opened> {
  await using stack = new AsyncDisposableStack();
  const clusters = stack.use(await openClusters(file));
  const { config, signal } = clusters;
  const clock = systemClock();
  const by = `${hostname()}:${process.pid}`;
  const bus = stack.adopt(await openBus(config), (opened) => opened.close());
  if (prepares) await prepareLedgerTopics(bus, signal);
  else await throwOnNoLedger(bus, config, signal);
  const ledger = stack.adopt(await openLedger({ bus, clock, by }, signal), (opened) => opened.close());
  const rest = stack.move();
  return {
    ...clusters,
    configFile: resolve(file),
    bus,
    ledger,
    clock,
    report,
    workerName: name ?? by,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

async function throwOnNoLedger(bus: MessageBus, { migration, pulsar }: Config, signal: AbortSignal): Promise<void> {
  if (await bus.describeTopic(topics.ledger, signal)) return;
  throw new OperatorError({
    expected: `the ledger of migration ${migration} in Pulsar namespace ${pulsar.tenant}/${pulsar.namespace}`,
    found: 'no such topic: the migration has not begun',
    next: 'cdcmig run --phase deploy-agent',
  });
}

/** What a phase needs beyond a worker: the plan of this moment, and hands on the nodes. */
export async function openPhases(opened: Opened, options: RunOptions): Promise<PhaseContext> {
  const plan = await currentPlan(opened);
  const shell = localShell();
  return {
    ...opened,
    plan,
    tables: plan.tables.map(({ table }) => table),
    shellOf: () => shell,
    localShell: shell,
    program: [process.execPath, resolve(process.argv[1]!)],
    options,
  };
}

export async function currentPlan({
  config,
  source,
  target,
  signal,
}: Omit<Clusters, keyof AsyncDisposable>): Promise<Plan> {
  const sourceSchema = await source.schema(config.source.keyspace, signal);
  const targetSchema = await target.schema(signal);
  const nodes = await source.nodes(signal);
  const sizes = new Map<string, { partitions: number; meanPartitionBytes: number }>();
  for (const table of tablesOf(sourceSchema)) sizes.set(table.name, await source.sizeEstimate(table, signal));
  const isThere = targetSchema.tables.length > 0 || (await target.exists(signal));
  return planMigration(config, { sourceSchema, targetSchema: isThere ? targetSchema : undefined, nodes, sizes });
}

function openBus({ migration, pulsar: { serviceUrl, adminUrl, tenant, namespace, token, tlsCaFile } }: Config) {
  const secret = resolveReference(token);
  return openPulsarBus({
    serviceUrl,
    adminUrl,
    tenant,
    namespace,
    clientName: `cdcmig ${migration} ${hostname()}:${process.pid}`,
    ...(secret !== undefined && { token: secret }),
    ...(tlsCaFile !== undefined && { tlsCaFile }),
  });
}

function endpointOf({ contactPoints, datacenter, username, password, tlsCaFile }: ClusterConfig) {
  const secret = resolveReference(password);
  return {
    contactPoints: contactPoints.map(({ host, port }) =>
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
    ),
    datacenter,
    ...(username !== undefined && { username }),
    ...(secret !== undefined && { password: secret }),
    ...(tlsCaFile !== undefined && { tls: { caFile: tlsCaFile } }),
  };
}
