import type { Sentence } from '../../errors.ts';
import type { DefinedTable } from '../../model/target-definition.ts';
import type { FoundTable } from './control-plane.ts';
import { createTableInput, isCounterTable } from './create-table-input.ts';

/** Every way in which the table is not what it must be; for a setting, the one command that mends it. */
export function compareTable(keyspace: string, wanted: DefinedTable, found: FoundTable): readonly Sentence[] {
  const expected = createTableInput(keyspace, wanted);
  const differences: Sentence[] = [];
  const differs = (what: string, want: string, have: string, next: string) => {
    if (want !== have)
      differences.push({ expected: `table ${keyspace}.${wanted.name} with ${what} ${want}`, found: have, next });
  };
  const update = (option: string) =>
    `aws keyspaces update-table --keyspace-name ${keyspace} --table-name ${wanted.name} ${option}`;
  const recreate = `drop it if it is not in use, and cdcmig creates it; or leave ${wanted.name} out of source.tables`;
  const schema = found.schemaDefinition;
  differs('columns', columnsText(expected.schemaDefinition?.allColumns), columnsText(schema?.allColumns), recreate);
  differs(
    'partition key',
    namesText(expected.schemaDefinition?.partitionKeys),
    namesText(schema?.partitionKeys),
    recreate,
  );
  differs(
    'clustering key',
    orderText(expected.schemaDefinition?.clusteringKeys),
    orderText(schema?.clusteringKeys),
    recreate,
  );
  differs(
    'static columns',
    sortedText(expected.schemaDefinition?.staticColumns),
    sortedText(schema?.staticColumns),
    recreate,
  );
  if (!isCounterTable(wanted)) {
    const timestamps = found.clientSideTimestamps?.status ?? 'DISABLED';
    differs('client-side timestamps', 'ENABLED', timestamps, update('--client-side-timestamps status=ENABLED'));
    differs('TTL', 'ENABLED', found.ttl?.status ?? 'DISABLED', update('--ttl status=ENABLED'));
  }
  const ttl = `${wanted.defaultTtlSeconds}`;
  differs('default TTL', ttl, `${found.defaultTimeToLive ?? 0}`, update(`--default-time-to-live ${ttl}`));
  const capacity = capacityText(expected.capacitySpecification);
  differs(
    'capacity',
    capacity,
    capacityText(found.capacitySpecification),
    update(`--capacity-specification ${capacity}`),
  );
  const recovery = expected.pointInTimeRecovery!.status!;
  differs(
    'point-in-time recovery',
    recovery,
    found.pointInTimeRecovery?.status ?? 'DISABLED',
    update(`--point-in-time-recovery status=${recovery}`),
  );
  const encryption = encryptionText(expected.encryptionSpecification);
  differs(
    'encryption',
    encryption,
    encryptionText(found.encryptionSpecification),
    update(`--encryption-specification ${encryption}`),
  );
  return [
    ...differences,
    ...coldDifferences(keyspace, wanted, found, update),
    ...tagDifferences(keyspace, wanted, found),
  ];
}

/** More than was asked for is no difference: warm throughput never falls. */
function coldDifferences(
  keyspace: string,
  { name, settings }: DefinedTable,
  { warmThroughputSpecification: warm }: FoundTable,
  update: (option: string) => string,
): readonly Sentence[] {
  const wanted = settings?.warmThroughput;
  if (!wanted) return [];
  const [reads, writes] = [warm?.readUnitsPerSecond ?? 0, warm?.writeUnitsPerSecond ?? 0];
  if (reads >= wanted.readUnitsPerSecond && writes >= wanted.writeUnitsPerSecond) return [];
  const option = `readUnitsPerSecond=${wanted.readUnitsPerSecond},writeUnitsPerSecond=${wanted.writeUnitsPerSecond}`;
  return [
    {
      expected: `table ${keyspace}.${name} warmed for ${wanted.readUnitsPerSecond} reads and ${wanted.writeUnitsPerSecond} writes a second`,
      found: `${reads} and ${writes}`,
      next: update(`--warm-throughput-specification ${option}`),
    },
  ];
}

/** Tags of others are theirs. */
function tagDifferences(keyspace: string, { name, settings }: DefinedTable, found: FoundTable): readonly Sentence[] {
  return Object.entries(settings?.tags ?? {})
    .filter(([key, value]) => found.tags[key] !== value)
    .map(([key, value]) => ({
      expected: `table ${keyspace}.${name} with tag ${key}=${value}`,
      found: found.tags[key] ?? 'no such tag',
      next: `aws keyspaces tag-resource --resource-arn ${found.resourceArn} --tags key=${key},value=${value}`,
    }));
}

interface Named {
  readonly name?: string | undefined;
}

/** In any order: columns that were added later stand last. */
function columnsText(columns: readonly (Named & { readonly type?: string | undefined })[] = []): string {
  return columns
    .map(({ name, type }) => `${name} ${plainType(type ?? '')}`)
    .sort()
    .join(', ');
}

/** Blanks and quotes stand in a type as its writer likes. */
export function plainType(type: string): string {
  return type.replace(/[\s"]/g, '').replaceAll('varchar', 'text');
}

function namesText(names: readonly Named[] = []): string {
  return names.map(({ name }) => name).join(', ') || 'none';
}

function sortedText(names: readonly Named[] = []): string {
  return namesText([...names].sort((one, other) => (one.name! < other.name! ? -1 : 1)));
}

function orderText(keys: readonly (Named & { readonly orderBy?: string | undefined })[] = []): string {
  return keys.map(({ name, orderBy }) => `${name} ${orderBy}`).join(', ') || 'none';
}

function capacityText(capacity: FoundTable['capacitySpecification']): string {
  const { throughputMode, readCapacityUnits, writeCapacityUnits } = capacity ?? {};
  if (throughputMode !== 'PROVISIONED') return 'throughputMode=PAY_PER_REQUEST';
  return `throughputMode=PROVISIONED,readCapacityUnits=${readCapacityUnits},writeCapacityUnits=${writeCapacityUnits}`;
}

function encryptionText(encryption: FoundTable['encryptionSpecification']): string {
  const { type = 'AWS_OWNED_KMS_KEY', kmsKeyIdentifier } = encryption ?? {};
  return kmsKeyIdentifier === undefined ? `type=${type}` : `type=${type},kmsKeyIdentifier=${kmsKeyIdentifier}`;
}
