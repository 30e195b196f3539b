import type { Config } from '../config/config.ts';
import type { ConnectorDefinition } from '../model/connector-definition.ts';
import type { Table } from '../model/table.ts';
import { topicRoot } from '../model/topics.ts';

/** One connector for every table that is moved; none where the sinks read the events themselves. */
export function datastaxConnectors(tables: readonly Table[], config: Config): readonly ConnectorDefinition[] {
  if (config.feed !== 'datastax' || config.datastax.read !== 'data') return [];
  return tables.filter(({ isCounter }) => !isCounter).map((table) => connectorOf(table, config));
}

/** Among the connectors of its namespace. */
export function connectorName({ migration }: Pick<Config, 'migration'>, table: string): string {
  return `${migration}-${table}`;
}

function connectorOf({ keyspace, name }: Table, { migration, pulsar, source, datastax }: Config): ConnectorDefinition {
  const { tenant, namespace } = pulsar;
  const { connector } = datastax;
  const full = (topic: string) => `${topicRoot(pulsar)}${topic}`;
  const [contactPoint] = source.contactPoints;
  return {
    tenant,
    namespace,
    name: connectorName({ migration }, name),
    topicName: full(`${datastax.dataTopicPrefix}${keyspace}.${name}`),
    parallelism: connector?.parallelism ?? 1,
    ...(connector?.builtin !== undefined && { archive: `builtin://${connector.builtin}` }),
    configs: {
      keyspace,
      table: name,
      'events.topic': full(`${datastax.topicPrefix}${keyspace}.${name}`),
      'events.subscription.name': datastax.connectorSubscription,
      // Key_Shared cannot take a partitioned topic's partitions one by one.
      'events.subscription.type': 'Failover',
      outputFormat: connector?.outputFormat ?? 'key-value-avro',
      contactPoints: source.contactPoints.map(({ host }) => host).join(','),
      port: contactPoint!.port,
      'loadBalancing.localDc': source.datacenter,
      ...(source.username !== undefined && { 'auth.username': source.username }),
      ...connector?.settings,
    },
  };
}
