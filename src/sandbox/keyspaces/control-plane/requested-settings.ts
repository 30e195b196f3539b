import type { z } from 'zod';
import type { SettingsChange } from '../state/change-settings.ts';
import type { TableSettings } from '../state/table-settings.ts';
import type { Tags } from '../state/tags.ts';
import type { AutoScalingShape, SettingsShape, tags as tagsShape } from './request-shapes.ts';

interface Present {
  /** Of the table: what `propagateTags` gives to a stream. */
  readonly tags: Tags;
  /** Warm throughput where a request names only one side. */
  readonly warmThroughput: TableSettings['warmThroughput'];
}

/** What an input sets, in the words of the state. */
export function requestedSettings(input: SettingsShape, present: Present): SettingsChange {
  const { capacitySpecification: capacity, pointInTimeRecovery, defaultTimeToLive, encryptionSpecification } = input;
  const { warmThroughputSpecification: warm, replicaSpecifications: replicas, cdcSpecification: cdc } = input;
  return {
    ...(capacity && { capacity: capacityOf(capacity) }),
    ...(encryptionSpecification && { encryption: encryptionSpecification }),
    ...(pointInTimeRecovery && { pointInTimeRecovery: pointInTimeRecovery.status === 'ENABLED' }),
    ...(input.ttl && { ttl: true }),
    ...(defaultTimeToLive !== undefined && { defaultTimeToLive }),
    ...(input.clientSideTimestamps && { clientSideTimestamps: true }),
    ...(input.autoScalingSpecification && { autoScaling: autoScalingPair(input.autoScalingSpecification) }),
    ...(replicas && { replicas: replicas.map(replicaOf) }),
    ...(warm && { warmThroughput: { ...present.warmThroughput, ...definedOf(warm) } }),
    ...(cdc && { cdc: streamOf(cdc, present.tags) }),
  };
}

export function tagMap(tags: z.infer<typeof tagsShape> | undefined): Tags {
  return new Map(tags?.map(({ key, value }) => [key, value]));
}

function capacityOf(
  specification: NonNullable<SettingsShape['capacitySpecification']>,
): NonNullable<SettingsChange['capacity']> {
  if (specification.throughputMode === 'PAY_PER_REQUEST') return { mode: 'PAY_PER_REQUEST' };
  const { readCapacityUnits, writeCapacityUnits } = specification;
  return { mode: 'PROVISIONED', readUnits: readCapacityUnits, writeUnits: writeCapacityUnits };
}

function streamOf(
  { status, viewType, tags, propagateTags }: NonNullable<SettingsShape['cdcSpecification']>,
  ofTable: Tags,
): NonNullable<SettingsChange['cdc']> | null {
  if (status === 'DISABLED') return null;
  return { viewType, tags: new Map([...(propagateTags === 'TABLE' ? ofTable : []), ...tagMap(tags)]) };
}

type Scaling = NonNullable<NonNullable<TableSettings['autoScaling']>['read']>;

function autoScalingPair({
  readCapacityAutoScaling: read,
  writeCapacityAutoScaling: write,
}: NonNullable<SettingsShape['autoScalingSpecification']>): NonNullable<TableSettings['autoScaling']> {
  return { ...(read && { read: scalingOf(read) }), ...(write && { write: scalingOf(write) }) };
}

function scalingOf({ scalingPolicy, ...bounds }: AutoScalingShape): Scaling {
  return definedOf({ ...bounds, ...scalingPolicy?.targetTrackingScalingPolicyConfiguration }) as Scaling;
}

function replicaOf({
  region,
  readCapacityUnits,
  readCapacityAutoScaling: scaling,
}: NonNullable<SettingsShape['replicaSpecifications']>[number]): TableSettings['replicas'][number] {
  return {
    region,
    ...(readCapacityUnits !== undefined && { readUnits: readCapacityUnits }),
    ...(scaling && { readScaling: scalingOf(scaling) }),
  };
}

/** Without members that are undefined. */
function definedOf<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
