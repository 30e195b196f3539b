import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { openSourceCluster } from '../src/adapters/cassandra/open-source-cluster.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { localShell } from '../src/adapters/local-shell/local-shell.ts';
import { openPulsarBus } from '../src/adapters/pulsar/open-pulsar-bus.ts';
import type { Config } from '../src/config/config.ts';
import { readConfig, secretBehind } from '../src/config/read-config.ts';
import { OperatorError } from '../src/errors.ts';
import type { Report } from '../src/events.ts';
import { tablesOf } from '../src/model/schema.ts';
import { topics } from '../src/model/topics.ts';
import { decidedSchema } from '../src/phases/migrated-tables.ts';
import type {
  LedgerContext,
  NodesContext,
  PhaseContext,
  RunOptions,
  WorkerContext,
} from '../src/phases/phase-context.ts';
import { prepareLedgerTopics } from '../src/phases/prepare-topics.ts';
import { type Plan, planMigration } from '../src/plan/plan-migration.ts';
import type { MessageBus } from '../src/ports/message-bus.ts';
import type { SourceCluster } from '../src/ports/source-cluster.ts';
import type { TargetKeyspace } from '../src/ports/target-keyspace.ts';
import { openLedger } from '../src/state/ledger.ts';
import type { MigrationState } from '../src/state/migration-state.ts';
import { agentPrograms, thisProgram } from './agent-programs.ts';
import { connectorsOf } from './connectors-of.ts';
import { endpointOf } from './endpoint-of.ts';
import { interruptSignal } from './interrupt.ts';
import { openHands, type WrapShells } from './open-hands.ts';
import { openTarget } from './open-target.ts';

const processName = `${hostname()}:${process.pid}`;

/** Both clusters and the bus, with what the ledger says. */
export interface Opened extends WorkerContext {
  readonly configFile: string;
}

export interface OpenOptions {
  readonly config: string;
  readonly report: Report;
  readonly name?: string | undefined;
  /** False for commands that only look: they leave no topic behind. */
  readonly prepares: boolean;
}

export interface Clusters {
  readonly config: Config;
  readonly source: SourceCluster;
  readonly target: TargetKeyspace;
  readonly signal: AbortSignal;
}

/** Both clusters, for what needs no migration to have begun; closed when the work is over. */
export async function withClusters<T>(
  file: string,
  work: (clusters: Clusters) => Promise<T>,
  report: Report = () => {},
): Promise<T> {
  const config = readConfig(file);
  const signal = interruptSignal();
  return withSource({ config, signal }, (source) =>
    withOpened(openTarget(config.target, { signal, report }), (target) => work({ config, source, target, signal })),
  );
}

export function withSource<T>(
  { config, signal }: Pick<Clusters, 'config' | 'signal'>,
  work: (source: SourceCluster) => Promise<T>,
): Promise<T> {
  return withOpened(openSourceCluster({ ...endpointOf(config.source), signal }), work);
}

/** Everything that a worker or a phase touches, opened in turn and closed in reverse when the work is over. */
export function withContext<T>(options: OpenOptions, work: (context: Opened) => Promise<T>): Promise<T> {
  const { config: file, report } = options;
  const withBoth = ({ source, target, ...known }: Clusters) =>
    openedLedger(known, options, (context) => work({ ...context, source, target, configFile: resolve(file) }));
  return withClusters(file, withBoth, report);
}

/** Pulsar and the ledger alone: a cluster that does not answer keeps nobody from looking, and from holding what asks too much of it. */
export function withLedger<T>(options: OpenOptions, work: (context: LedgerContext) => Promise<T>): Promise<T> {
  return openedLedger({ config: readConfig(options.config), signal: interruptSignal() }, options, work);
}

function openedLedger<T>(
  { config, signal }: Pick<Clusters, 'config' | 'signal'>,
  { report, name = processName, prepares }: OpenOptions,
  work: (context: LedgerContext) => Promise<T>,
): Promise<T> {
  const clock = systemClock();
  return withOpened(openBus(config), async (bus) => {
    if (prepares) await prepareLedgerTopics(bus, signal);
    else await throwOnNoLedger(bus, config, signal);
    return withOpened(openLedger({ bus, clock, by: processName }, signal), (ledger) =>
      work({ config, signal, bus, ledger, clock, report, workerName: name }),
    );
  });
}

async function withOpened<Resource extends { close(): Promise<void> }, T>(
  opening: Promise<Resource>,
  work: (opened: Resource) => Promise<T>,
): Promise<T> {
  const opened = await opening;
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

async function throwOnNoLedger(bus: MessageBus, { migration, pulsar }: Config, signal: AbortSignal): Promise<void> {
  if (await bus.describeTopic(topics.ledger, signal)) return;
  throw new OperatorError({
    expected: `the ledger of migration ${migration} in Pulsar namespace ${pulsar.tenant}/${pulsar.namespace}`,
    found: 'no such topic: the migration has not begun',
    next: 'cdcmig run --phase deploy-agent',
  });
}

/** The source with hands on its nodes: a target that does not answer keeps nobody from taking the agents away. */
export function withNodes<T>(options: OpenOptions, work: (context: NodesContext) => Promise<T>): Promise<T> {
  return withLedger(options, (opened) =>
    withSource(opened, (source) => withHands(opened.config, (hands) => work({ ...opened, source, ...hands }))),
  );
}

/** What a phase needs beyond a worker: the plan of this moment, and hands on the nodes, which are let go of after the work. */
export async function withPhases<T>(
  opened: Opened,
  options: RunOptions,
  work: (context: PhaseContext) => Promise<T>,
  wrapShells?: WrapShells,
): Promise<T> {
  const plan = await currentPlan(opened, opened.ledger.state);
  const workWith = (hands: Hands) =>
    work({
      ...opened,
      ...hands,
      plan,
      tables: plan.tables.map(({ table }) => table),
      connectors: connectorsOf(opened.config),
      localShell: localShell(),
      program: thisProgram(),
      options,
      proveOwner: async () => {
        throw new Error('nobody holds the lock of this migration');
      },
    });
  return withHands(opened.config, workWith, wrapShells);
}

type Hands = Pick<NodesContext, 'handsOf' | 'agentProgramOf'>;

function withHands<T>(config: Config, work: (hands: Hands) => Promise<T>, wrapShells?: WrapShells): Promise<T> {
  return withOpened(Promise.resolve(openHands(config.capture.agents, wrapShells)), (hands) =>
    withOpened(Promise.resolve(agentPrograms(config)), (programs) =>
      work({ handsOf: hands.of, agentProgramOf: programs.of }),
    ),
  );
}

/** What the ledger says where there is one, for what needs no migration to have begun. */
export function ledgerState({ config, signal }: Clusters): Promise<MigrationState | undefined> {
  return withOpened(openBus(config), async (bus) => {
    if (!(await bus.describeTopic(topics.ledger, signal))) return undefined;
    const parts = { bus, clock: systemClock(), by: processName };
    return withOpened(openLedger(parts, signal), async ({ state }) => state);
  });
}

/** The plan of this moment; with the operator's decisions about schemas, where there is a ledger. */
export async function currentPlan(
  { config, source, target, signal }: Clusters,
  state?: Pick<MigrationState, 'schemaDecisions' | 'pauses' | 'handOver'>,
): Promise<Plan> {
  const sourceSchema = await source.schema(config.source.keyspace, signal);
  const targetSchema = await target.schema(signal);
  const nodes = await source.nodes(signal);
  const sizes = new Map<string, { partitions: number; meanPartitionBytes: number }>();
  for (const table of tablesOf(sourceSchema)) sizes.set(table.name, await source.sizeEstimate(table, signal));
  const isThere = targetSchema.tables.length > 0 || (await target.exists(signal));
  return planMigration(config, {
    sourceSchema,
    targetSchema: isThere ? targetSchema : undefined,
    nodes,
    sizes,
    decided: decidedSchema(state),
    handedOver: state?.handOver?.tables.map(({ name }) => name),
  });
}

function openBus({ migration, pulsar: { token, ...pulsar } }: Config) {
  const secret = secretBehind(token);
  return openPulsarBus({
    ...pulsar,
    clientName: `cdcmig ${migration} ${processName}`,
    ...(secret !== undefined && { token: secret }),
  });
}
