import type { KeyspacesSettings } from '../model/target-definition.ts';

/** The options of a CREATE TABLE in Amazon Keyspaces that say what the control plane is told. */
export function customProperties(settings: KeyspacesSettings, isCounter: boolean): readonly string[] {
  const { capacity, warmThroughput, pointInTimeRecovery, kmsKey, tags } = settings;
  const properties = [
    // Counters carry neither, and neither can be switched off again.
    ...(isCounter
      ? []
      : [property('client_side_timestamps', { status: 'enabled' }), property('ttl', { status: 'enabled' })]),
    property('capacity_mode', capacityProperty(capacity)),
    ...(warmThroughput ? [property('warm_throughput', warmProperty(warmThroughput))] : []),
    ...(pointInTimeRecovery ? [property('point_in_time_recovery', { status: 'enabled' })] : []),
    ...(kmsKey !== undefined ? [property('encryption_specification', keyProperty(kmsKey))] : []),
  ];
  const tagTexts = Object.entries(tags).map(([key, value]) => `${quoted(key)}: ${quoted(value)}`);
  return [
    `CUSTOM_PROPERTIES = {${properties.join(', ')}}`,
    ...(tagTexts.length > 0 ? [`TAGS = {${tagTexts.join(', ')}}`] : []),
  ];
}

type Values = Readonly<Record<string, string | number>>;

function capacityProperty(capacity: KeyspacesSettings['capacity']): Values {
  if (capacity.mode === 'on-demand') return { throughput_mode: 'PAY_PER_REQUEST' };
  const { readUnits, writeUnits } = capacity;
  return { throughput_mode: 'PROVISIONED', read_capacity_units: readUnits, write_capacity_units: writeUnits };
}

function warmProperty({
  readUnitsPerSecond,
  writeUnitsPerSecond,
}: NonNullable<KeyspacesSettings['warmThroughput']>): Values {
  return { read_units_per_second: readUnitsPerSecond, write_units_per_second: writeUnitsPerSecond };
}

function keyProperty(kmsKey: string): Values {
  return { encryption_type: 'CUSTOMER_MANAGED_KMS_KEY', kms_key_identifier: kmsKey };
}

function property(name: string, values: Values): string {
  const pairs = Object.entries(values).map(
    ([key, value]) => `'${key}': ${typeof value === 'number' ? value : quoted(value)}`,
  );
  return `'${name}': {${pairs.join(', ')}}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
