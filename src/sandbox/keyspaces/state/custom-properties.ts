import type { SettingsChange } from './change-settings.ts';
import { invalid } from './keyspaces-error.ts';
import type { TableRecord } from './records.ts';
import { type Capacity, type Encryption, type ViewType, viewTypes, type WarmThroughput } from './table-settings.ts';

type Property = Readonly<Record<string, string>>;
type Parsed = Omit<SettingsChange, 'cdc'> & { readonly cdc?: { readonly viewType: ViewType } };

/** What the map after CUSTOM_PROPERTIES asks for; KeyspacesError for what is not known. */
export function settingsOfProperties(properties: unknown): Parsed {
  const changes = Object.entries(mapOf('CUSTOM_PROPERTIES', properties)).map(([name, value]) => {
    const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
    if (!parse) throw invalid(`Unknown custom property ${name}.`);
    return parse(mapOf(name, value) as Property);
  });
  return Object.assign({}, ...changes);
}

/** `system_schema_mcs.tables.custom_properties`. */
export function propertiesOf({ settings, onDemandSinceMs }: TableRecord): Readonly<Record<string, Property>> {
  const { warmThroughput, clientSideTimestamps, ttl, pointInTimeRecovery, encryption } = settings;
  return {
    capacity_mode: capacityProperty(settings.capacity, onDemandSinceMs),
    encryption_specification:
      encryption.type === 'AWS_OWNED_KMS_KEY'
        ? { encryption_type: encryption.type }
        : { encryption_type: encryption.type, kms_key_identifier: encryption.kmsKeyIdentifier },
    point_in_time_recovery: { status: statusText(pointInTimeRecovery) },
    warm_throughput: {
      read_units_per_second: `${warmThroughput.readUnitsPerSecond}`,
      write_units_per_second: `${warmThroughput.writeUnitsPerSecond}`,
    },
    ...(ttl && { ttl: { status: 'enabled' } }),
    ...(clientSideTimestamps && { client_side_timestamps: { status: 'enabled' } }),
  };
}

const parsers: Readonly<Record<string, (property: Property) => Parsed>> = {
  capacity_mode: (property) => ({ capacity: parseCapacity(property) }),
  client_side_timestamps: (property) => ({ clientSideTimestamps: isEnabled(property) }),
  ttl: (property) => ({ ttl: isEnabled(property) }),
  point_in_time_recovery: (property) => ({ pointInTimeRecovery: isEnabled(property) }),
  encryption_specification: (property) => ({ encryption: parseEncryption(property) }),
  warm_throughput: (property) => ({ warmThroughput: parseWarmThroughput(property) }),
  cdc_specification: (property) => ({ cdc: { viewType: parseViewType(property.view_type) } }),
};

function parseCapacity(property: Property): Capacity {
  if (property.throughput_mode === 'PAY_PER_REQUEST') return { mode: 'PAY_PER_REQUEST' };
  if (property.throughput_mode !== 'PROVISIONED') throw invalid(`Unknown throughput_mode ${property.throughput_mode}.`);
  return {
    mode: 'PROVISIONED',
    readUnits: Number(property.read_capacity_units),
    writeUnits: Number(property.write_capacity_units),
  };
}

function parseEncryption({ encryption_type: type, kms_key_identifier: key = '' }: Property): Encryption {
  if (type === 'AWS_OWNED_KMS_KEY') return { type };
  if (type === 'CUSTOMER_MANAGED_KMS_KEY') return { type, kmsKeyIdentifier: key };
  throw invalid(`Unknown encryption_type ${type}.`);
}

function parseWarmThroughput(property: Property): WarmThroughput {
  return {
    readUnitsPerSecond: Number(property.read_units_per_second),
    writeUnitsPerSecond: Number(property.write_units_per_second),
  };
}

function parseViewType(text = 'NEW_AND_OLD_IMAGES'): ViewType {
  const known = viewTypes.find((viewType) => viewType === text.toUpperCase());
  if (!known) throw invalid(`Unknown view_type ${text}.`);
  return known;
}

function isEnabled({ status = '' }: Property): boolean {
  if (status.toLowerCase() === 'enabled') return true;
  if (status.toLowerCase() === 'disabled') return false;
  throw invalid(`Unknown status ${status}.`);
}

function capacityProperty(capacity: Capacity, onDemandSinceMs: number | undefined): Property {
  if (capacity.mode === 'PROVISIONED')
    return {
      throughput_mode: 'PROVISIONED',
      read_capacity_units: `${capacity.readUnits}`,
      write_capacity_units: `${capacity.writeUnits}`,
    };
  return {
    throughput_mode: 'PAY_PER_REQUEST',
    ...(onDemandSinceMs !== undefined && { last_update_to_pay_per_request_timestamp: `${onDemandSinceMs}` }),
  };
}

function statusText(isOn: boolean): string {
  return isOn ? 'enabled' : 'disabled';
}

function mapOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${name} must be a map.`);
}
