import { randomUUID } from 'node:crypto';
import { clocksAgree, nodesUp } from '../checks/node-checks.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import { OperatorError, type Sentence, throwIfAny } from '../errors.ts';
import { instantText } from '../model/instant-text.ts';
import { type ConnectorPlace, lanesOf } from '../model/lane.ts';
import { sinkSubscription, splitsSubscription, topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { CaptureRecord, HandOverRecord } from '../state/ledger-event.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { readDecodingSchema } from './decoding-schema.ts';
import { captureOf } from './deploy-agent.ts';
import { ensureConnectors } from './ensure-connectors.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { waitForEventsCanary } from './wait-for-events-canary.ts';

const canaryTimeoutMs = 60_000;

/** Proves that nothing can be lost from now on, and writes down the instant. */
export const startSource: Phase = {
  name: 'start-source',
  needs: ['deploy-agent'],
  checks: [nodesUp, clocksAgree],
  steps: [
    { title: 'subscriptions and retention, read back', run: readBack },
    {
      title: 'canary of every node on every partition',
      async run(context) {
        const { bus, source, ledger, report, signal } = context;
        const { changesPartitions, datastax } = captureOf(ledger.state.capture);
        const nodes = await source.nodes(signal);
        if (datastax) {
          await waitForEventsCanary(context, datastax);
          return `${nodes.length} nodes`;
        }
        const wait = {
          bus,
          source,
          nodes,
          nonce: randomUUID(),
          partitions: changesPartitions,
          timeoutMs: canaryTimeoutMs,
          report,
          signal,
        };
        await waitForCanary(wait);
        return `${nodes.length} nodes on ${changesPartitions} partitions`;
      },
    },
    { title: 'hand-over record', run: handOver },
  ],
  async confirm({ ledger, signal }) {
    const { handOver: record } = await ledger.refresh(signal);
    if (!record)
      throw new OperatorError({
        expected: 'the hand-over record in the ledger',
        found: 'none',
        next: 'repeat the command',
      });
    return `handed over at ${instantText(record.instantMicros)}`;
  },
};

async function readBack(context: PhaseContext): Promise<string> {
  const { bus, ledger, signal } = context;
  const connectors = await ensureConnectors(context);
  const faults: Sentence[] = [];
  for (const { topic, connector } of lanesOf(captureOf(ledger.state.capture))) {
    faults.push(...(await topicFaults(bus, topic, sinkSubscription, signal)));
    if (connector) faults.push(...(await connectorFaults(bus, topic, connector, signal)));
  }
  faults.push(...(await topicFaults(bus, topics.splits, splitsSubscription, signal)));
  faults.push(...(await topicFaults(bus, topics.schema, undefined, signal)));
  throwIfAny(faults);
  return ['infinite retention, subscriptions in place', ...(connectors === undefined ? [] : [connectors])].join('; ');
}

async function topicFaults(
  bus: MessageBus,
  topic: string,
  subscription: string | undefined,
  signal: AbortSignal,
): Promise<readonly Sentence[]> {
  const next = 'cdcmig run --phase deploy-agent';
  const facts = await bus.describeTopic(topic, signal);
  if (!facts) return [{ expected: `topic ${topic}`, found: 'no such topic', next }];
  return [
    ...(facts.isRetentionInfinite ? [] : [{ expected: `infinite retention on ${topic}`, found: 'a finite one', next }]),
    ...(subscription === undefined || facts.subscriptions.includes(subscription)
      ? []
      : [{ expected: `subscription ${subscription} on ${topic}`, found: 'none', next }]),
  ];
}

/** A connector that says it is running may have ended its consumer: whether one is there tells the broker. */
async function connectorFaults(
  bus: MessageBus,
  dataTopic: string,
  { eventsTopics, subscription }: ConnectorPlace,
  signal: AbortSignal,
): Promise<readonly Sentence[]> {
  for (const topic of eventsTopics) {
    const { hasConsumer } = await bus.backlog(topic, subscription, signal);
    if (hasConsumer) continue;
    const next = 'create the connectors that `cdcmig pack` writes, and see that each instance runs';
    return [
      { expected: `a connector on ${topic}, for ${dataTopic}`, found: `nobody on subscription ${subscription}`, next },
    ];
  }
  return [];
}

/** The instant is taken last: everything that is proved above holds at it. */
async function handOver({ config, source, ledger, clock, tables, signal }: PhaseContext): Promise<string> {
  if ((await ledger.refresh(signal)).handOver) return 'was there already';
  const capture = captureOf(ledger.state.capture);
  throwOnUncaptured(tables, capture, ledger.state);
  const schema = await readDecodingSchema(source, config.source.keyspace, signal);
  const accepted = config.accept.filter(({ what }) => what === 'future-write-times').map(({ table }) => table);
  // An image tells of no TTL.
  const expiring = capture.datastax ? tables.filter((table) => table.defaultTtlSeconds > 0) : [];
  const recopied = [...new Set([...accepted, ...expiring.map(({ name }) => name)])];
  const record: HandOverRecord = {
    instantMicros: clock.nowMicros(),
    nodes: capture.nodes,
    changesPartitions: capture.changesPartitions,
    ...(capture.datastax && { datastax: capture.datastax }),
    tables: tables.map(({ name, id }) => ({ name, id })),
    recopiedTables: recopied,
    schema,
  };
  if (record.datastax) await openUnseen(record, ledger);
  await ledger.append({ kind: 'handed-over', record });
  return `${record.tables.length} tables, ${record.nodes.length} nodes`;
}

/** Agents know the tables of the deploy-agent that started them; one that was begun anew and died may have written down others. */
function throwOnUncaptured(
  tables: PhaseContext['tables'],
  capture: CaptureRecord,
  { phases }: Pick<MigrationState, 'phases'>,
): void {
  const { startedAtMicros = 0n, confirmedAtMicros = 0n } = phases.get('deploy-agent') ?? {};
  const isFinished = confirmedAtMicros >= startedAtMicros;
  const captured = new Set(capture.tables.map(({ id }) => id));
  const others = tables.filter(({ id }) => !captured.has(id)).map(({ name }) => name);
  if (isFinished && others.length === 0) return;
  throw new OperatorError({
    expected: 'agents that capture every table that is handed over',
    found: isFinished
      ? `${others.join(', ')}, created or chosen since deploy-agent`
      : 'a deploy-agent that was started again and not finished',
    next: 'cdcmig run --phase deploy-agent, then repeat the command',
  });
}

/** What the DataStax agents pass over is in doubt from the start, table by table: only a comparison can tell of it. */
async function openUnseen({ tables, instantMicros }: HandOverRecord, ledger: PhaseContext['ledger']): Promise<void> {
  const reason = 'range deletes, truncates and changes that the DataStax agent passed over are in no event';
  for (const { name: table } of tables) {
    const slice = { id: `${table}/unseen by the DataStax agent`, table, reason, openedAtMicros: instantMicros };
    await ledger.append({ kind: 'slice-opened', slice });
  }
}

/** The hand-over record, without which nothing is read or written. */
export function handOverOf(record: HandOverRecord | undefined): HandOverRecord {
  if (record) return record;
  throw new OperatorError({
    expected: 'the hand-over record in the ledger',
    found: 'none',
    next: 'cdcmig run --phase start-source',
  });
}
