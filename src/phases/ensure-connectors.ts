import { OperatorError, type Sentence } from '../errors.ts';
import {
  type ConnectorDefinition,
  type ConnectorInstance,
  connectorDifferences,
  type FoundConnector,
} from '../model/connector-definition.ts';
import { eventsPartitions } from './events-topics.ts';
import type { PhaseContext } from './phase-context.ts';

/** The worker loads the archive, and the connector waits for its clusters. */
const startTimeoutMs = 180_000;
const lookEveryMs = 2_000;

/**
 * Every connector of the plan is there as it is planned, and runs. One that is there otherwise is told and left as it is: an update
 * restarts it, and what it has in hand is lost then. May be repeated. Undefined where there are none to make.
 */
export async function ensureConnectors(context: PhaseContext): Promise<string | undefined> {
  const { config, plan, connectors, signal } = context;
  const { connector } = config.datastax;
  if (!connector || plan.connectors.length === 0) return undefined;
  const missing = await missingOf(plan.connectors, context);
  const { localArchive, sha256 } = connector;
  const archive = localArchive === undefined ? undefined : { path: localArchive, sha256: sha256! };
  for (const definition of missing) await connectors.create(definition, archive, signal);
  // Read back, as somebody else may have been quicker with another.
  const gone = await missingOf(missing, context);
  if (gone.length > 0) throw new OperatorError(gone.map(notKept));
  for (const definition of plan.connectors) await seeItRun(definition, context);
  return `connectors: ${missing.length} created, ${plan.connectors.length - missing.length} were there`;
}

/** Those that are not there; all that is wrong with the others is told at once. */
async function missingOf(
  definitions: readonly ConnectorDefinition[],
  { connectors, signal }: PhaseContext,
): Promise<readonly ConnectorDefinition[]> {
  const missing: ConnectorDefinition[] = [];
  const faults: Sentence[] = [];
  for (const definition of definitions) {
    const found = await connectors.read(definition.name, signal);
    if (found) faults.push(...otherThanPlanned(definition, found));
    else missing.push(definition);
  }
  if (faults.length > 0) throw new OperatorError(faults);
  return missing;
}

function otherThanPlanned(wanted: ConnectorDefinition, found: FoundConnector): readonly Sentence[] {
  const differences = connectorDifferences(wanted, found);
  if (differences.length === 0) return [];
  return [
    {
      expected: `the connector ${wanted.name} as \`cdcmig plan --json\` has it`,
      found: differences.join('; '),
      next: 'mend datastax.connector, or delete that connector before the hand-over and repeat the command: an update would lose what it has in hand',
    },
  ];
}

function notKept({ name }: ConnectorDefinition): Sentence {
  return {
    expected: `the connector ${name} to be there once it is created`,
    found: 'none of that name',
    next: 'see the log of the functions worker',
  };
}

/** Runs: at two looks, one after the other, every instance is up, with one consumer for each on every partition, and none was restarted. */
async function seeItRun(definition: ConnectorDefinition, context: PhaseContext): Promise<void> {
  const { connectors, clock, report, signal } = context;
  const deadline = clock.nowMicros() + BigInt(startTimeoutMs) * 1000n;
  let before: number | undefined;
  for (;;) {
    const instances = await connectors.instances(definition.name, signal);
    const wrong = [...stoppedOf(definition, instances), ...(await strangeConsumers(definition, context))];
    const restarts = instances.reduce((sum, one) => sum + one.restarts, 0);
    if (wrong.length === 0 && restarts === before) break;
    if (clock.nowMicros() > deadline) throw doesNotRun(definition, wrong, restarts);
    before = wrong.length === 0 ? restarts : undefined;
    await clock.sleep(lookEveryMs, signal);
  }
  for (const text of troublesOf(definition, await connectors.instances(definition.name, signal)))
    report({ kind: 'warning', text });
}

function stoppedOf({ parallelism }: ConnectorDefinition, instances: readonly ConnectorInstance[]): readonly string[] {
  return [
    ...(instances.length === parallelism ? [] : [`${instances.length} instances of ${parallelism}`]),
    ...instances
      .filter(({ isRunning }) => !isRunning)
      .map(({ number, error }) => `instance ${number} does not run${error === undefined ? '' : `: ${error}`}`),
  ];
}

/** A connector that says it runs may have ended its consumer, and a dead one may have left one behind, which goes on taking events. */
async function strangeConsumers(
  { parallelism, configs }: ConnectorDefinition,
  { bus, config, signal }: PhaseContext,
): Promise<readonly string[]> {
  const table = { keyspace: String(configs.keyspace), name: String(configs.table) };
  const found: string[] = [];
  for (const topic of eventsPartitions(config, table)) {
    const { mostConsumers } = await bus.backlog(topic, config.datastax.connectorSubscription, signal);
    if (mostConsumers !== parallelism) found.push(`${mostConsumers} consumers of ${parallelism} on ${topic}`);
  }
  return found;
}

function doesNotRun({ name }: ConnectorDefinition, wrong: readonly string[], restarts: number): OperatorError {
  const next = wrong.some((text) => /consumers of/.test(text))
    ? 'see its log; with more consumers than instances its worker has the thread runtime: set another, and restart the worker'
    : 'see its log on the functions worker; its status does not tell why it is restarted';
  return new OperatorError({
    expected: `the connector ${name} to run`,
    found: [...wrong, `${restarts} restarts`].join('; '),
    next,
  });
}

/** Nothing of this is in what it calls its errors. */
function troublesOf({ name }: ConnectorDefinition, instances: readonly ConnectorInstance[]): readonly string[] {
  return instances.flatMap(({ number, restarts, systemExceptions }) => [
    ...(systemExceptions === 0
      ? []
      : [
          `connector ${name}, instance ${number}: ${systemExceptions} records could not be published and are lost; only a comparison finds their rows`,
        ]),
    ...(restarts === 0
      ? []
      : [
          `connector ${name}, instance ${number} was restarted ${restarts} times: if that goes on, it fails on a row, and the whole table waits`,
        ]),
  ]);
}
