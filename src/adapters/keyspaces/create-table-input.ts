import type { CreateTableCommandInput } from '@aws-sdk/client-keyspaces';
import type { DefinedTable, KeyspacesSettings } from '../../model/target-definition.ts';

/** The whole of a table in one request: nothing is left for an update, which would take one setting at a time. */
export function createTableInput(keyspace: string, table: DefinedTable): CreateTableCommandInput {
  const settings = settingsOf(table);
  const tags = Object.entries(settings.tags).map(([key, value]) => ({ key, value }));
  return {
    keyspaceName: keyspace,
    tableName: table.name,
    schemaDefinition: schemaDefinition(table),
    capacitySpecification: capacityOf(settings),
    // Every write of ours carries its timestamp, and a TTL, be it 0; counters can have neither.
    ...(!isCounterTable(table) && {
      clientSideTimestamps: { status: 'ENABLED' },
      ttl: { status: 'ENABLED' },
      defaultTimeToLive: table.defaultTtlSeconds,
    }),
    pointInTimeRecovery: { status: settings.pointInTimeRecovery ? 'ENABLED' : 'DISABLED' },
    encryptionSpecification:
      settings.kmsKey === undefined
        ? { type: 'AWS_OWNED_KMS_KEY' }
        : { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyIdentifier: settings.kmsKey },
    ...(settings.warmThroughput && { warmThroughputSpecification: settings.warmThroughput }),
    ...(tags.length > 0 && { tags }),
  };
}

export function isCounterTable({ columns }: DefinedTable): boolean {
  return columns.some(({ type }) => type === 'counter');
}

/** A table without settings gets what the service gives. */
function settingsOf({ settings }: DefinedTable): KeyspacesSettings {
  return settings ?? { capacity: { mode: 'on-demand' }, pointInTimeRecovery: false, tags: {} };
}

function schemaDefinition(table: DefinedTable): CreateTableCommandInput['schemaDefinition'] {
  return {
    allColumns: table.columns.map(({ name, type }) => ({ name, type })),
    partitionKeys: table.partitionKey.map((name) => ({ name })),
    clusteringKeys: table.clustering.map(({ name, isReversed }) => ({ name, orderBy: isReversed ? 'DESC' : 'ASC' })),
    staticColumns: table.statics.map((name) => ({ name })),
  };
}

function capacityOf({ capacity }: KeyspacesSettings): NonNullable<CreateTableCommandInput['capacitySpecification']> {
  if (capacity.mode === 'on-demand') return { throughputMode: 'PAY_PER_REQUEST' };
  const { readUnits, writeUnits } = capacity;
  return { throughputMode: 'PROVISIONED', readCapacityUnits: readUnits, writeCapacityUnits: writeUnits };
}
