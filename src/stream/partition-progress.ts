import type { StreamBooks } from '../model/stream-books.ts';
import type { LatencyCounts } from './latency.ts';
import type { ParkedTable } from './parking-lot.ts';

/** How far one changes partition is, as its worker says each second on the progress topic. */
export interface PartitionProgress {
  readonly worker: string;
  readonly partition: number;
  readonly atMicros: bigint;
  /** By node: everything captured up to here is applied. */
  readonly watermarks: Readonly<Record<string, bigint>>;
  /** By node: since when its capture has no hole. */
  readonly unbrokenSince: Readonly<Record<string, bigint>>;
  /** Nonces of drains that are done: every node's mark has passed and the slices were applied again. */
  readonly drained: readonly string[];
  /** Since the worker took the partition. */
  readonly books: StreamBooks;
  /** Of the last whole minute of the clock. */
  readonly lastMinute: StreamBooks;
  readonly latency: LatencyCounts;
  /** Of all time, whoever held the partition. */
  readonly parked: readonly ParkedTable[];
}

export function encodeProgress(progress: PartitionProgress): Buffer {
  return Buffer.from(JSON.stringify(progress, (_, value) => (typeof value === 'bigint' ? `${value}n` : value)));
}

/** Undefined for what is no progress message. */
export function decodeProgress(payload: Buffer): PartitionProgress | undefined {
  try {
    const value = JSON.parse(payload.toString(), (_, text) =>
      typeof text === 'string' && /^-?\d+n$/.test(text) ? BigInt(text.slice(0, -1)) : text,
    );
    return typeof value?.partition === 'number' ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
