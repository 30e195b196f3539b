import type { KeyspacesState } from '../keyspaces-state.ts';
import type { TableRecord } from '../state/records.ts';
import { earliestRestorableMs } from '../state/restore-table.ts';
import type { TableSettings } from '../state/table-settings.ts';

/** What GetTable says. */
export function tableAnswer(state: KeyspacesState, table: TableRecord): object {
  const { settings, stream } = table;
  const earliestMs = earliestRestorableMs(table, state.nowMs());
  return {
    keyspaceName: table.keyspace,
    tableName: table.name,
    resourceArn: table.arn,
    creationTimestamp: table.createdAtMs / 1000,
    status: table.status,
    schemaDefinition: schemaAnswer(table),
    capacitySpecification: capacityAnswer(table, settings.capacity),
    encryptionSpecification: settings.encryption,
    pointInTimeRecovery: {
      status: settings.pointInTimeRecovery ? 'ENABLED' : 'DISABLED',
      ...(earliestMs !== undefined && { earliestRestorableTimestamp: earliestMs / 1000 }),
    },
    ...(settings.ttl && { ttl: { status: 'ENABLED' } }),
    defaultTimeToLive: settings.defaultTimeToLive,
    comment: { message: settings.comment },
    ...(settings.clientSideTimestamps && { clientSideTimestamps: { status: 'ENABLED' } }),
    replicaSpecifications: replicasAnswer(state, table),
    ...(stream && {
      latestStreamArn: stream.arn,
      cdcSpecification: { status: stream.status, viewType: stream.viewType },
    }),
    warmThroughputSpecification: warmAnswer(table),
  };
}

/** What GetTableAutoScalingSettings says. */
export function autoScalingAnswer({ keyspace, name, arn, settings }: TableRecord): object {
  const { autoScaling, replicas } = settings;
  const scaled = replicas.filter(({ readScaling }) => readScaling);
  return {
    keyspaceName: keyspace,
    tableName: name,
    resourceArn: arn,
    ...(autoScaling && { autoScalingSpecification: pairAnswer(autoScaling) }),
    ...(scaled.length > 0 && {
      replicaSpecifications: scaled.map(({ region, readScaling }) => ({
        region,
        autoScalingSpecification: pairAnswer({ read: readScaling! }),
      })),
    }),
  };
}

function schemaAnswer({ schema }: TableRecord): object {
  const statics = schema.columns.filter(({ isStatic }) => isStatic);
  return {
    allColumns: schema.columns.map(({ name, type }) => ({ name, type })),
    partitionKeys: schema.partitionKey.map((name) => ({ name })),
    clusteringKeys: schema.clustering.map(({ name, isDescending }) => ({
      name,
      orderBy: isDescending ? 'DESC' : 'ASC',
    })),
    staticColumns: statics.map(({ name }) => ({ name })),
  };
}

function capacityAnswer(
  { onDemandSinceMs }: TableRecord,
  capacity: TableSettings['capacity'],
  readUnits?: number,
): object {
  if (capacity.mode === 'PROVISIONED')
    return {
      throughputMode: capacity.mode,
      readCapacityUnits: readUnits ?? capacity.readUnits,
      writeCapacityUnits: capacity.writeUnits,
    };
  return {
    throughputMode: capacity.mode,
    ...(onDemandSinceMs !== undefined && { lastUpdateToPayPerRequestTimestamp: onDemandSinceMs / 1000 }),
  };
}

/** Of a table in one Region: none. */
function replicasAnswer(state: KeyspacesState, table: TableRecord): readonly object[] {
  const replication = state.keyspace(table.keyspace)?.replication;
  if (replication?.strategy !== 'MULTI_REGION') return [];
  return replication.regions.map((region) => {
    const replica = table.settings.replicas.find((other) => other.region === region);
    return {
      region,
      status: table.status,
      capacitySpecification: capacityAnswer(table, table.settings.capacity, replica?.readUnits),
      warmThroughputSpecification: warmAnswer(table),
    };
  });
}

function warmAnswer({ settings, warmStatus }: TableRecord): object {
  return { ...settings.warmThroughput, status: warmStatus };
}

type Pair = NonNullable<TableSettings['autoScaling']>;

function pairAnswer({ read, write }: Pair): object {
  return {
    ...(read && { readCapacityAutoScaling: scalingAnswer(read) }),
    ...(write && { writeCapacityAutoScaling: scalingAnswer(write) }),
  };
}

function scalingAnswer({
  autoScalingDisabled,
  minimumUnits,
  maximumUnits,
  ...policy
}: NonNullable<Pair['read']>): object {
  return {
    autoScalingDisabled,
    minimumUnits,
    maximumUnits,
    ...(policy.targetValue !== undefined && {
      scalingPolicy: { targetTrackingScalingPolicyConfiguration: policy },
    }),
  };
}
