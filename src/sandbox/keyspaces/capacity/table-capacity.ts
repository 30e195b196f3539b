import type { TableSettings } from '../state/table-settings.ts';
import { type Side, StoragePartitions, unitsPerPartition } from './storage-partitions.ts';
import { TokenBucket } from './token-bucket.ts';

export type ThrottleCause = 'table' | 'partition';

export interface CapacityTimes {
  /** How long a new peak is remembered before an on-demand table takes twice as much. */
  readonly growthMs: number;
  /** How long a storage partition has to be hot before it splits. */
  readonly splitAfterMs: number;
}

type CapacitySettings = Pick<TableSettings, 'capacity' | 'warmThroughput'>;

/** What one table takes in a second: provisioned, or on demand up to twice its former peak. */
export class TableCapacity {
  readonly #times: CapacityTimes;
  readonly #sides: Readonly<Record<Side, SideCapacity>>;
  readonly #partitions: StoragePartitions;

  constructor(settings: CapacitySettings, times: CapacityTimes, nowMs: number) {
    this.#times = times;
    this.#sides = {
      read: new SideCapacity(baseRate(settings, 'read'), nowMs),
      write: new SideCapacity(baseRate(settings, 'write'), nowMs),
    };
    this.#partitions = new StoragePartitions(this.#partitionsNeeded, times.splitAfterMs, nowMs);
  }

  get partitionCount(): number {
    return this.#partitions.count;
  }

  /** Takes the units, or says what has none left. Without a token only the table as a whole is asked. */
  take(
    settings: CapacitySettings,
    side: Side,
    units: number,
    token: bigint | undefined,
    nowMs: number,
  ): ThrottleCause | undefined {
    const own = this.#sides[side];
    const isOnDemand = settings.capacity.mode === 'PAY_PER_REQUEST';
    if (own.follow(baseRate(settings, side), isOnDemand, this.#times.growthMs, nowMs)) {
      this.#partitions.growTo(this.#partitionsNeeded, nowMs);
    }
    if (!own.bucket.hasUnits(nowMs)) return 'table';
    if (token !== undefined && !this.#partitions.hasUnits(token, side, nowMs)) return 'partition';
    this.owe(side, units, token, nowMs);
    return undefined;
  }

  /** Takes units whether there are any or not: what a page costs is known when it has been read. */
  owe(side: Side, units: number, token: bigint | undefined, nowMs: number): void {
    this.#sides[side].take(units, nowMs);
    if (token !== undefined) this.#partitions.take(token, side, units);
  }

  get #partitionsNeeded(): number {
    const { read, write } = this.#sides;
    const forReads = Math.ceil(read.bucket.rate / unitsPerPartition.read);
    return Math.max(1, forReads, Math.ceil(write.bucket.rate / unitsPerPartition.write));
  }
}

/** No table grows beyond it by itself (DG, "Quotas"). */
const mostUnits = 40_000;

/** What is provisioned, or what an on-demand table takes at once. */
function baseRate({ capacity, warmThroughput }: CapacitySettings, side: Side): number {
  if (capacity.mode === 'PROVISIONED') return side === 'read' ? capacity.readUnits : capacity.writeUnits;
  return side === 'read' ? warmThroughput.readUnitsPerSecond : warmThroughput.writeUnitsPerSecond;
}

class SideCapacity {
  readonly bucket: TokenBucket;
  #grown = 0;
  #peak = 0;
  #second = 0;
  #secondUnits = 0;
  #periodStartMs: number;

  constructor(rate: number, nowMs: number) {
    this.bucket = new TokenBucket(rate, nowMs);
    this.#periodStartMs = nowMs;
  }

  /** Sets the rate by the settings and by the growth so far; true if it changed. */
  follow(base: number, isOnDemand: boolean, growthMs: number, nowMs: number): boolean {
    if (nowMs - this.#periodStartMs >= growthMs) {
      this.#grown = Math.max(this.#grown, Math.min(mostUnits, 2 * this.#peak));
      this.#peak = 0;
      this.#periodStartMs = nowMs;
    }
    const rate = isOnDemand ? Math.max(base, this.#grown) : base;
    if (rate === this.bucket.rate) return false;
    this.bucket.setRate(rate, nowMs);
    return true;
  }

  take(units: number, nowMs: number): void {
    this.bucket.take(units);
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) this.#secondUnits = 0;
    this.#second = second;
    this.#secondUnits += units;
    this.#peak = Math.max(this.#peak, this.#secondUnits);
  }
}
