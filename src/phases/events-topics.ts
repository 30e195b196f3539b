import type { Config } from '../config/config.ts';
import type { DatastaxLanes, Lane } from '../model/lane.ts';
import { tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import type { PhaseContext } from './phase-context.ts';

type Named = Pick<Table, 'keyspace' | 'name'>;

/** The agent's own rule: its prefix, keyspace, dot, table. */
function eventsTopic({ datastax }: Pick<Config, 'datastax'>, { keyspace, name }: Named): string {
  return `${datastax.topicPrefix}${keyspace}.${name}`;
}

function dataTopic({ datastax }: Pick<Config, 'datastax'>, { keyspace, name }: Named): string {
  return `${datastax.dataTopicPrefix}${keyspace}.${name}`;
}

/** What the sinks take changes from: every partition of the events topic, or of the data topic, of every table that is moved. */
export function datastaxLanes(config: Config, tables: readonly Table[], canary: Named): DatastaxLanes {
  const { read, settleMs } = config.datastax;
  return {
    read,
    lanes: tables.flatMap((table) => (read === 'events' ? eventsLanes(config, table) : dataLanes(config, table))),
    canaryTopic: eventsTopic(config, canary),
    settleMs,
  };
}

/** Of the events topic of one table. */
export function eventsPartitions(config: Config, table: Named): readonly string[] {
  return partitionsOf(config, eventsTopic(config, table));
}

function eventsLanes(config: Config, table: Table): readonly Lane[] {
  return eventsPartitions(config, table).map((topic) => ({ topic, tableId: table.id }));
}

function dataLanes(config: Config, table: Table): readonly Lane[] {
  const subscription = config.datastax.connectorSubscription;
  // Counters have none: nobody tells of them, and the cutover copies them.
  const connector = table.isCounter
    ? {}
    : { connector: { eventsTopics: eventsPartitions(config, table), subscription } };
  return partitionsOf(config, dataTopic(config, table)).map((topic) => ({ topic, tableId: table.id, ...connector }));
}

function partitionsOf({ datastax }: Config, topic: string): readonly string[] {
  return Array.from({ length: datastax.eventsPartitions }, (_, partition) => `${topic}-partition-${partition}`);
}

/**
 * Creates or verifies the events topics, partitioned before the first agent starts. Those of the keyspace's other tables
 * too: a batch that touches one beside a captured table makes the agent publish both, and where the topic cannot be made
 * it sends the whole segment again and again. With a connector, its subscription at the earliest event, and its data topics.
 */
export async function ensureEventsTopics({ bus, config, source, tables, signal }: PhaseContext): Promise<void> {
  const { eventsPartitions, read, connectorSubscription } = config.datastax;
  for (const table of tablesOf(await source.schema(config.source.keyspace, signal)))
    await bus.ensureTopic(eventsTopic(config, table), eventsPartitions, signal);
  // Not partitioned: it is read for what each node says last.
  await bus.ensureTopic(eventsTopic(config, await source.ensureCanaryTable(signal)), 0, signal);
  if (read === 'events') return;
  for (const table of tables) {
    await bus.ensureTopic(dataTopic(config, table), eventsPartitions, signal);
    await bus.ensureSubscription(eventsTopic(config, table), connectorSubscription, signal);
  }
}
