import { lowerBound } from '../../../model/lower-bound.ts';
import { maxToken, minToken } from '../../../model/token.ts';
import { TokenBucket } from './token-bucket.ts';

export type Side = 'read' | 'write';

/** What one storage partition takes in a second (DG, "Quotas"). */
export const unitsPerPartition: Readonly<Record<Side, number>> = { read: 3_000, write: 1_000 };

interface StoragePartition {
  /** The last token that belongs to it. */
  readonly end: bigint;
  readonly buckets: Readonly<Record<Side, TokenBucket>>;
  /** Since when it has been refusing without a pause; undefined while it does not. */
  hotSinceMs: number | undefined;
  refusedAtMs: number;
}

// A partition that has refused nothing for this long is not hot any more.
const coolAfterMs = 5_000;

/** The ring of one table in storage partitions, each with a throughput of its own; one that stays hot splits in two. */
export class StoragePartitions {
  #partitions: StoragePartition[];
  readonly #splitAfterMs: number;

  constructor(count: number, splitAfterMs: number, nowMs: number) {
    this.#splitAfterMs = splitAfterMs;
    const width = 2n ** 64n / BigInt(count);
    this.#partitions = Array.from({ length: count }, (_, index) =>
      newPartition(index === count - 1 ? maxToken : minToken + width * BigInt(index + 1), nowMs),
    );
  }

  get count(): number {
    return this.#partitions.length;
  }

  /** Splits the widest ones until there are that many. */
  growTo(count: number, nowMs: number): void {
    while (this.#partitions.length < count && this.#split(this.#widest(), nowMs));
  }

  /** Whether the partition of this token has units left. Refusals are what heats it. */
  hasUnits(token: bigint, side: Side, nowMs: number): boolean {
    const index = this.#indexOf(token);
    const partition = this.#partitions[index]!;
    if (partition.buckets[side].hasUnits(nowMs)) return true;
    this.#heat(index, nowMs);
    return false;
  }

  take(token: bigint, side: Side, units: number): void {
    this.#partitions[this.#indexOf(token)]!.buckets[side].take(units);
  }

  #heat(index: number, nowMs: number): void {
    const partition = this.#partitions[index]!;
    const wasCool = partition.hotSinceMs === undefined || nowMs - partition.refusedAtMs > coolAfterMs;
    if (wasCool) partition.hotSinceMs = nowMs;
    partition.refusedAtMs = nowMs;
    if (nowMs - partition.hotSinceMs! >= this.#splitAfterMs) this.#split(index, nowMs);
  }

  /** False if it is one token wide: no split helps a single hot key. */
  #split(index: number, nowMs: number): boolean {
    const { end } = this.#partitions[index]!;
    const start = index === 0 ? minToken : this.#partitions[index - 1]!.end;
    if (end - start < 2n) return false;
    this.#partitions.splice(index, 1, newPartition((start + end) / 2n, nowMs), newPartition(end, nowMs));
    return true;
  }

  #widest(): number {
    const widths = this.#partitions.map(
      ({ end }, index) => end - (index === 0 ? minToken : this.#partitions[index - 1]!.end),
    );
    return widths.reduce((widest, width, index) => (width > widths[widest]! ? index : widest), 0);
  }

  #indexOf(token: bigint): number {
    return lowerBound(this.#partitions, ({ end }) => end < token);
  }
}

function newPartition(end: bigint, nowMs: number): StoragePartition {
  const bucket = (side: Side) => new TokenBucket(unitsPerPartition[side], nowMs);
  return { end, buckets: { read: bucket('read'), write: bucket('write') }, hotSinceMs: undefined, refusedAtMs: 0 };
}
