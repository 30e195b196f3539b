import type { Options, OptionValue } from '../cql/statement.ts';
import { type RuleBook, RuleRefusal } from '../rule-book.ts';
import { type TableSettings, type ViewType, viewTypes } from '../state/table-settings.ts';

type SettingsOf = { -readonly [Name in keyof TableSettings]?: NonNullable<TableSettings[Name]> };

/** The settings that the options of a CREATE, ALTER or RESTORE TABLE ask for. Cassandra's own options are accepted and ignored. */
export function settingsOf(rules: RuleBook, options: Options): SettingsOf {
  const settings: SettingsOf = {};
  for (const [name, value] of Object.entries(mapOf(options.custom_properties))) {
    const read = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!read) throw wrong(name);
    Object.assign(settings, read(rules, value));
  }
  if (options.default_time_to_live !== undefined) {
    settings.defaultTimeToLive = wholeNumber('default_time_to_live', options.default_time_to_live);
  }
  if (typeof options.comment === 'string') settings.comment = options.comment;
  if (options.cdc !== undefined)
    Object.assign(settings, options.cdc === 'true' ? { cdc: settings.cdc ?? wholeImages } : {});
  return settings;
}

const wholeImages = { viewType: 'NEW_AND_OLD_IMAGES' } as const;

type ReadProperty = (rules: RuleBook, value: OptionValue) => SettingsOf;

const properties: Readonly<Record<string, ReadProperty>> = {
  capacity_mode: (_rules, value) => {
    const { throughput_mode: mode, read_capacity_units, write_capacity_units } = mapOf(value);
    if (mode === 'PAY_PER_REQUEST') return { capacity: { mode } };
    if (mode !== 'PROVISIONED') throw wrong('capacity_mode');
    const readUnits = wholeNumber('read_capacity_units', read_capacity_units);
    return { capacity: { mode, readUnits, writeUnits: wholeNumber('write_capacity_units', write_capacity_units) } };
  },
  client_side_timestamps: (rules, value) =>
    enabledForGood(rules, 'client_side_timestamps', 'clientSideTimestamps', value),
  ttl: (rules, value) => enabledForGood(rules, 'ttl', 'ttl', value),
  point_in_time_recovery: (_rules, value) => ({ pointInTimeRecovery: isEnabled('point_in_time_recovery', value) }),
  encryption_specification: (_rules, value) => {
    const { encryption_type: type, kms_key_identifier: key } = mapOf(value);
    if (type === 'AWS_OWNED_KMS_KEY') return { encryption: { type } };
    if (type !== 'CUSTOMER_MANAGED_KMS_KEY' || typeof key !== 'string') throw wrong('encryption_specification');
    return { encryption: { type, kmsKeyIdentifier: key } };
  },
  warm_throughput: (_rules, value) => {
    const { read_units_per_second: reads, write_units_per_second: writes } = mapOf(value);
    return {
      warmThroughput: {
        readUnitsPerSecond: wholeNumber('read_units_per_second', reads),
        writeUnitsPerSecond: wholeNumber('write_units_per_second', writes),
      },
    };
  },
  cdc_specification: (_rules, value) => {
    const { view_type: viewType = 'NEW_AND_OLD_IMAGES' } = mapOf(value);
    if (!viewTypes.includes(viewType as ViewType)) throw wrong('cdc_specification');
    return { cdc: { viewType: viewType as ViewType } };
  },
  // Regions other than this one are not here.
  replica_updates: () => ({}),
};

function enabledForGood(
  rules: RuleBook,
  property: string,
  setting: 'clientSideTimestamps' | 'ttl',
  value: OptionValue,
): SettingsOf {
  const enabled = isEnabled(property, value);
  if (!enabled) rules.refuse('alter-restrictions', [`${property} cannot be disabled.`]);
  return enabled ? { [setting]: true } : {};
}

function isEnabled(property: string, value: OptionValue): boolean {
  const { status } = mapOf(value);
  if (status !== 'enabled' && status !== 'disabled') throw wrong(property);
  return status === 'enabled';
}

export function mapOf(value: OptionValue | undefined): { readonly [name: string]: OptionValue } {
  return typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [name: string]: OptionValue }) : {};
}

/** Tags as CQL writes them. */
export function tagsOf(value: OptionValue | undefined): ReadonlyMap<string, string> {
  return new Map(Object.entries(mapOf(value)).map(([key, text]) => [key, String(text)]));
}

function wholeNumber(name: string, value: OptionValue | undefined): number {
  if (typeof value !== 'string' || !/^\d+$/.test(value)) throw wrong(name);
  return Number(value);
}

function wrong(property: string): RuleRefusal {
  return new RuleRefusal('custom-properties', 0x2200, `Invalid custom property: ${property}`);
}
