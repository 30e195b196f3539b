import type { LineBounds } from './batch-line.ts';

/** What a worker may hold of one changes partition. */
export interface SinkBounds {
  /** Fetched ahead. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** Of one batch. */
  readonly batchMessages: number;
  readonly batchBytes: number;
  /** Of all batches that are applied at the same time, about: the last one to begin may be larger than the rest. */
  readonly underWay: LineBounds;
  /** Digests of changes, to know their copies by. */
  readonly rememberedUpdates: number;
  /** To know ties by; twelve bytes each. */
  readonly rememberedCells: number;
}

/**
 * A worker may hold all partitions, so each has its part of what a worker may hold: a backlog of any size, of changes of any size,
 * is felt by the broker. Decoded, a small change takes ten times its bytes, hence fewer messages than bytes would allow.
 */
export function sinkBounds(partitionCount: number): SinkBounds {
  const partOf = (total: number, least: number) => Math.max(least, Math.floor(total / partitionCount));
  return {
    queueMessages: partOf(6_000, 100),
    queueBytes: partOf(16 * mebibyte, mebibyte / 4),
    // Small enough that some end at once though one answer in a hundred is lost.
    batchMessages: Math.min(250, partOf(6_000, 100)),
    batchBytes: partOf(8 * mebibyte, mebibyte / 8),
    underWay: {
      batches: 32,
      messages: partOf(6_000, 100),
      bytes: partOf(16 * mebibyte, mebibyte / 4),
    },
    // Some seconds of a worker at full speed; a copy that comes later costs one write.
    rememberedUpdates: partOf(240_000, 2_000),
    rememberedCells: partOf(500_000, 10_000),
  };
}

const mebibyte = 2 ** 20;
