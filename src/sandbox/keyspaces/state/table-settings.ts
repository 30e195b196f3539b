import { invalid } from './keyspaces-error.ts';
import type { Tags } from './tags.ts';

export type Capacity =
  | { readonly mode: 'PAY_PER_REQUEST' }
  | { readonly mode: 'PROVISIONED'; readonly readUnits: number; readonly writeUnits: number };

export type Encryption =
  | { readonly type: 'AWS_OWNED_KMS_KEY' }
  | { readonly type: 'CUSTOMER_MANAGED_KMS_KEY'; readonly kmsKeyIdentifier: string };

export const viewTypes = ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY'] as const;
export type ViewType = (typeof viewTypes)[number];

export interface WarmThroughput {
  readonly readUnitsPerSecond: number;
  readonly writeUnitsPerSecond: number;
}

/** Target tracking for reads or writes, as the API shows it. */
interface AutoScaling {
  readonly autoScalingDisabled: boolean;
  readonly minimumUnits?: number;
  readonly maximumUnits?: number;
  readonly targetValue?: number;
  readonly scaleInCooldown?: number;
  readonly scaleOutCooldown?: number;
  readonly disableScaleIn?: boolean;
}

interface AutoScalingPair {
  readonly read?: AutoScaling;
  readonly write?: AutoScaling;
}

/** Reads of one Region of a multi-Region keyspace, where they differ from the table's. */
interface Replica {
  readonly region: string;
  readonly readUnits?: number;
  readonly readScaling?: AutoScaling;
}

/** All that can be set on a table besides its columns. */
export interface TableSettings {
  readonly clientSideTimestamps: boolean;
  /** Whether `USING TTL` and a default TTL are allowed. */
  readonly ttl: boolean;
  /** Seconds; 0: none. */
  readonly defaultTimeToLive: number;
  readonly capacity: Capacity;
  readonly warmThroughput: WarmThroughput;
  readonly pointInTimeRecovery: boolean;
  readonly encryption: Encryption;
  readonly comment: string;
  /** The change stream; undefined: none. */
  readonly cdc: { readonly viewType: ViewType; readonly tags?: Tags } | undefined;
  readonly autoScaling: AutoScalingPair | undefined;
  readonly replicas: readonly Replica[];
}

const longestTtlSeconds = 630_720_000;

/** What a new on-demand table takes at once (DG, quotas). */
const newOnDemand: WarmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 };

const defaults: Omit<TableSettings, 'warmThroughput'> = {
  clientSideTimestamps: false,
  ttl: false,
  defaultTimeToLive: 0,
  capacity: { mode: 'PAY_PER_REQUEST' },
  pointInTimeRecovery: false,
  encryption: { type: 'AWS_OWNED_KMS_KEY' },
  comment: '',
  cdc: undefined,
  autoScaling: undefined,
  replicas: [],
};

/** Settings of a table to be created; throws KeyspacesError if they do not go together. */
export function newSettings(given: Partial<TableSettings>): TableSettings {
  const settings = { ...defaults, ...given };
  const warmThroughput = given.warmThroughput ?? naturalThroughput(settings.capacity);
  const whole = withTtlOfDefault({ ...settings, warmThroughput });
  checkSettings(whole);
  return whole;
}

/** A default TTL turns TTL on, and nothing turns it off again (DG, "Create a new table with default TTL settings"). */
export function withTtlOfDefault(settings: TableSettings): TableSettings {
  return settings.defaultTimeToLive > 0 ? { ...settings, ttl: true } : settings;
}

/** What a table can take at once without being warmed for it. */
function naturalThroughput(capacity: Capacity): WarmThroughput {
  if (capacity.mode === 'PAY_PER_REQUEST') return newOnDemand;
  return { readUnitsPerSecond: capacity.readUnits, writeUnitsPerSecond: capacity.writeUnits };
}

export function checkSettings({ capacity, encryption, warmThroughput, ...settings }: TableSettings): void {
  const { defaultTimeToLive } = settings;
  if (!Number.isInteger(defaultTimeToLive) || defaultTimeToLive < 0 || defaultTimeToLive > longestTtlSeconds)
    throw invalid(`The default time to live must be between 0 and ${longestTtlSeconds} seconds.`);
  if (capacity.mode === 'PROVISIONED') checkUnits([capacity.readUnits, capacity.writeUnits]);
  checkUnits([warmThroughput.readUnitsPerSecond, warmThroughput.writeUnitsPerSecond]);
  if (encryption.type === 'CUSTOMER_MANAGED_KMS_KEY' && !/^arn:aws:kms:/.test(encryption.kmsKeyIdentifier))
    throw invalid('A customer managed key needs the ARN of a KMS key.');
  const { read, write } = settings.autoScaling ?? {};
  checkAutoScaling(capacity, [read, write, ...settings.replicas.map(({ readScaling }) => readScaling)]);
}

function checkUnits(units: readonly number[]): void {
  if (units.some((unit) => !Number.isInteger(unit) || unit < 1))
    throw invalid('Read and write capacity units must be whole numbers of at least 1.');
}

function checkAutoScaling(capacity: Capacity, scalings: readonly (AutoScaling | undefined)[]): void {
  for (const scaling of scalings) {
    if (!scaling || scaling.autoScalingDisabled) continue;
    if (capacity.mode !== 'PROVISIONED') throw invalid('Auto scaling needs provisioned capacity.');
    const { minimumUnits, maximumUnits, targetValue } = scaling;
    checkUnits([minimumUnits ?? 0, maximumUnits ?? 0]);
    if (minimumUnits! > maximumUnits!) throw invalid('minimumUnits must not be above maximumUnits.');
    if (targetValue === undefined || targetValue < 20 || targetValue > 90)
      throw invalid('targetValue must be between 20 and 90.');
  }
}
