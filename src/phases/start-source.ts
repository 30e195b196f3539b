import { randomUUID } from 'node:crypto';
import { clocksAgree, nodesUp } from '../checks/node-checks.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import { OperatorError, type Sentence } from '../errors.ts';
import { instantText } from '../model/instant-text.ts';
import { changesPartition, sinkSubscription, splitsSubscription, topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { HandOverRecord } from '../state/ledger-event.ts';
import { readDecodingSchema } from './decoding-schema.ts';
import { captureOf } from './deploy-agent.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';

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
      async run({ bus, source, ledger, report, signal }) {
        const { changesPartitions } = captureOf(ledger.state.capture);
        const nodes = await source.nodes(signal);
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

async function readBack({ bus, ledger, signal }: PhaseContext): Promise<string> {
  const { changesPartitions } = captureOf(ledger.state.capture);
  const faults: Sentence[] = [];
  for (let partition = 0; partition < changesPartitions; partition++)
    faults.push(...(await topicFaults(bus, changesPartition(partition), sinkSubscription, signal)));
  faults.push(...(await topicFaults(bus, topics.splits, splitsSubscription, signal)));
  faults.push(...(await topicFaults(bus, topics.schema, undefined, signal)));
  if (faults.length > 0) throw new OperatorError(faults);
  return 'infinite retention, subscriptions in place';
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

/** The instant is taken last: everything that is proved above holds at it. */
async function handOver({ config, source, ledger, clock, tables, signal }: PhaseContext): Promise<string> {
  if ((await ledger.refresh(signal)).handOver) return 'was there already';
  const capture = captureOf(ledger.state.capture);
  const schema = await readDecodingSchema(source, config.source.keyspace, signal);
  const recopied = config.accept.filter(({ what }) => what === 'future-write-times').map(({ table }) => table);
  const record: HandOverRecord = {
    instantMicros: clock.nowMicros(),
    nodes: capture.nodes,
    changesPartitions: capture.changesPartitions,
    tables: tables.map(({ name, id }) => ({ name, id })),
    recopiedTables: recopied,
    schema,
  };
  await ledger.append({ kind: 'handed-over', record });
  return `${record.tables.length} tables, ${record.nodes.length} nodes`;
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
