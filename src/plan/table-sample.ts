import type { Column } from '../model/table.ts';

/** What was read of a table to know how large it is and what its rows are like. */
export interface TableSample {
  /** As `values` of its rows come: partition key, clustering, static, regular. */
  readonly columns: readonly Column[];
  /** Of how many columns the remaining time was read. */
  readonly ttlColumns: number;
  readonly stretches: readonly SampledStretch[];
}

/** Rows from one place of the ring onwards, to the end of a partition or of the stretch. */
export interface SampledStretch {
  readonly partitions: readonly SampledPartition[];
  /** Of the ring, 0 to 1: from where it began to its last partition, or all of it if it held no more. */
  readonly share: number;
  /** It held no more. */
  readonly isWhole: boolean;
  /** Its last partition has more rows than were read. */
  readonly isCut: boolean;
  /** Keys of partitions alone, of which more are read than rows. */
  readonly keys: { readonly count: number; readonly share: number };
}

export type SampledPartition = readonly SampledRow[];

export interface SampledRow {
  readonly values: readonly (Buffer | null)[];
  readonly ttlSeconds: readonly (number | null)[];
}
