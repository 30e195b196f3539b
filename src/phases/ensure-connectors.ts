import { OperatorError, type Sentence, throwIfAny } from '../errors.ts';
import { type ConnectorDefinition, connectorDifferences, type FoundConnector } from '../model/connector-definition.ts';
import { type ConnectorHealth, connectorHealth, connectorTroubles } from './connector-health.ts';
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
  throwIfAny(faults);
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

/** At two looks, one after the other, every instance is up, with one consumer for each on every partition, and none was restarted. */
async function seeItRun({ name, configs }: ConnectorDefinition, context: PhaseContext): Promise<void> {
  const { clock, report, signal } = context;
  const deadline = clock.nowMicros() + BigInt(startTimeoutMs) * 1000n;
  for (let before: ConnectorHealth | undefined; ; ) {
    const health = await connectorHealth({ name, table: String(configs.table) }, context);
    if (health.wrong.length === 0 && health.restarts === before?.restarts) {
      for (const text of connectorTroubles(health)) report({ kind: 'warning', text: `connector ${name}: ${text}` });
      return;
    }
    if (clock.nowMicros() > deadline) throw doesNotRun(health);
    before = health.wrong.length === 0 ? health : undefined;
    await clock.sleep(lookEveryMs, signal);
  }
}

function doesNotRun({ name, wrong, restarts }: ConnectorHealth): OperatorError {
  return new OperatorError({
    expected: `the connector ${name} to run`,
    found: [...wrong.map(({ text }) => text), `${restarts} restarts`].join('; '),
    next: wrong.some(({ kind }) => kind === 'left consumers')
      ? 'give its functions worker the process runtime, and restart it'
      : 'see its log on the functions worker; its status does not tell why it is restarted',
  });
}
