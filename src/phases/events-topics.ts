import type { Config } from '../config/config.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import { tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';
import type { PhaseContext } from './phase-context.ts';

type Named = Pick<Table, 'keyspace' | 'name'>;

/** The agent's own rule: its prefix, keyspace, dot, table. */
function eventsTopic({ datastax }: Pick<Config, 'datastax'>, { keyspace, name }: Named): string {
  return `${datastax.topicPrefix}${keyspace}.${name}`;
}

/** What the sinks take changes from: every partition of the events topic of every table that is moved. */
export function datastaxLanes(config: Config, tables: readonly Table[], canary: Named): DatastaxLanes {
  const partitions = Array.from({ length: config.datastax.eventsPartitions }, (_, partition) => partition);
  return {
    lanes: tables.flatMap((table) =>
      partitions.map((partition) => ({
        topic: `${eventsTopic(config, table)}-partition-${partition}`,
        tableId: table.id,
      })),
    ),
    canaryTopic: eventsTopic(config, canary),
    settleMs: config.datastax.settleMs,
  };
}

/**
 * Creates or verifies the events topics, partitioned before the first agent starts. Those of the keyspace's other tables
 * too: a batch that touches one beside a captured table makes the agent publish both, and where the topic cannot be made
 * it sends the whole segment again and again.
 */
export async function ensureEventsTopics({ bus, config, source, signal }: PhaseContext): Promise<void> {
  const tables = tablesOf(await source.schema(config.source.keyspace, signal));
  for (const table of tables)
    await bus.ensureTopic(eventsTopic(config, table), config.datastax.eventsPartitions, signal);
  // Not partitioned: it is read for what each node says last.
  await bus.ensureTopic(eventsTopic(config, await source.ensureCanaryTable(signal)), 0, signal);
}
