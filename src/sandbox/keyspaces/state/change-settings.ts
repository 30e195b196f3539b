import { invalid } from './keyspaces-error.ts';
import { checkSettings, type TableSettings, withTtlOfDefault } from './table-settings.ts';

/** Only what is to change; `cdc: null` ends the stream. */
export interface SettingsChange {
  readonly clientSideTimestamps?: boolean;
  readonly ttl?: boolean;
  readonly defaultTimeToLive?: number;
  readonly capacity?: TableSettings['capacity'];
  readonly warmThroughput?: TableSettings['warmThroughput'];
  readonly pointInTimeRecovery?: boolean;
  readonly encryption?: TableSettings['encryption'];
  readonly comment?: string;
  readonly cdc?: NonNullable<TableSettings['cdc']> | null;
  readonly autoScaling?: NonNullable<TableSettings['autoScaling']>;
  readonly replicas?: TableSettings['replicas'];
}

/** The settings after the change. Throws KeyspacesError for more than one setting, and for what cannot be undone. */
export function changeSettings(settings: TableSettings, change: SettingsChange): TableSettings {
  throwOnSeveral(change);
  throwOnUndoing(settings, change);
  const { cdc, ...others } = change;
  const changed: TableSettings = { ...settings, ...others, ...(cdc !== undefined && { cdc: cdc ?? undefined }) };
  const settled = withTtlOfDefault(change.capacity ? { ...changed, ...afterModeSwitch(changed) } : changed);
  checkSettings(settled);
  return settled;
}

/** Capacity, its auto scaling and that of the replicas are one setting; AWS's own examples change them together. */
function throwOnSeveral(change: SettingsChange): void {
  const names = Object.keys(change).map((name) => (ofCapacity.includes(name) ? 'capacity' : name));
  if (names.length === 0) throw invalid('No setting to change.');
  if (new Set(names).size > 1) throw invalid('Only one table setting can be changed in one operation.');
}

const ofCapacity = ['autoScaling', 'replicas'];

function throwOnUndoing(settings: TableSettings, change: SettingsChange): void {
  if (change.clientSideTimestamps === false) throw invalid('Client-side timestamps cannot be disabled.');
  if (change.ttl === false) throw invalid('Time to live cannot be disabled.');
  if (change.cdc && settings.cdc) throw invalid('The table has a stream; its view type cannot be changed.');
  if (change.cdc === null && !settings.cdc) throw invalid('The table has no stream.');
  const { warmThroughput: warmer } = change;
  if (!warmer) return;
  const { readUnitsPerSecond, writeUnitsPerSecond } = settings.warmThroughput;
  if (warmer.readUnitsPerSecond < readUnitsPerSecond || warmer.writeUnitsPerSecond < writeUnitsPerSecond)
    throw invalid('Warm throughput cannot be lowered.');
}

/** A table without provisioned capacity has nothing to scale; what it can take at once never falls by a switch. */
function afterModeSwitch(changed: TableSettings): Partial<TableSettings> {
  const { capacity, warmThroughput } = changed;
  if (capacity.mode === 'PAY_PER_REQUEST') return { autoScaling: undefined };
  return {
    warmThroughput: {
      readUnitsPerSecond: Math.max(warmThroughput.readUnitsPerSecond, capacity.readUnits),
      writeUnitsPerSecond: Math.max(warmThroughput.writeUnitsPerSecond, capacity.writeUnits),
    },
  };
}
