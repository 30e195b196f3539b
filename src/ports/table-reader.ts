import type { Column, Table } from '../model/table.ts';
import type { TokenRange } from '../model/token.ts';

export type Consistency = 'one' | 'local_one' | 'local_quorum' | 'quorum' | 'all';

/** One row as the server sent it; each list is aligned with the columns of the read that asked for it. */
export interface EncodedRow {
  /** Encoded CQL bytes; null for a column without a value. */
  readonly values: readonly (Buffer | null)[];
  /** Remaining seconds of each of the read's `ttlColumns`; null: does not expire or has no value. */
  readonly ttlSeconds: readonly (number | null)[];
  /** Write time of each of the read's `writeTimeColumns`; null where there is no value. */
  readonly writeTimesMicros: readonly (bigint | null)[];
}

/**
 * A page of rows in one piece, for who compares and does not look into rows: each cell is four bytes of its length
 * (negative: null) and its encoded bytes, in the order of the columns that were asked for.
 */
export interface PackedPage {
  readonly bytes: Buffer;
  /** Where each row starts in `bytes`, and behind them where the last one ends: one more than there are rows. */
  readonly starts: Uint32Array;
}

export interface RowRead {
  readonly table: Table;
  /** In the order in which `EncodedRow.values` comes; key columns must be asked for like any other. */
  readonly columns: readonly Column[];
  /** Simple or frozen non-key columns only: CQL cannot read the TTL of a multicell column on 4.x. */
  readonly ttlColumns?: readonly Column[];
  readonly writeTimeColumns?: readonly Column[];
  readonly consistency?: Consistency;
  readonly signal?: AbortSignal;
}

export interface RangeRead extends RowRead {
  readonly range: TokenRange;
  /** Rows a page; a short or empty page is not the end. */
  readonly pageSize?: number;
}

/** Of the keys of partitions. */
export type KeysRead = Pick<RangeRead, 'table' | 'range' | 'consistency' | 'pageSize' | 'signal'>;

/** Of a whole table. */
export interface WholeRead extends RowRead {
  readonly pageSize?: number;
}

/** Values and behind them, in the same shape, the remaining seconds of each of the `ttlColumns`. */
export type PackedRead = Omit<RangeRead, 'writeTimeColumns'>;

/** The same of a range or a partition. */
export type TimedRead = PackedRead | Omit<PartitionRead, 'writeTimeColumns'>;

export interface PartitionRead extends RowRead {
  /** Encoded values of the partition key columns. */
  readonly partitionKey: readonly Buffer[];
  /** A clustering prefix, possibly the whole clustering key. Absent: the whole partition. */
  readonly clustering?: readonly Buffer[];
  /** A value of the clustering column behind the prefix: only rows that come behind it in the table's order. */
  readonly behind?: Buffer;
  readonly pageSize?: number;
}

/** Apart from TableReader, since Amazon Keyspaces has no DISTINCT: only a Cassandra is asked. */
export interface PartitionKeyReader {
  /** The encoded keys of the partitions of a range, each once and in the order of tokens; of those, too, that hold only static values. */
  readPartitionKeys(read: KeysRead): AsyncIterable<readonly (readonly Buffer[])[]>;
}

/**
 * Reads rows of one side as encoded bytes, in the order of token and clustering.
 *
 * A partition that holds only static values comes as one row whose clustering values are null; statics come with every
 * row of their partition. Each method may be called again at any time. An iteration that is left early frees its pages.
 * Transient faults are retried inside; what is thrown is an OperatorError or the signal's reason.
 */
export interface TableReader {
  readRange(read: RangeRead): AsyncIterable<readonly EncodedRow[]>;
  /** The same rows as `readRange`. */
  readPacked(read: PackedRead): AsyncIterable<PackedPage>;
  /** The same rows as `readRange` or `readPartition`. A page is its taker's, who may write in its bytes. */
  readTimed(read: TimedRead): AsyncIterable<PackedPage>;
  readPartition(read: PartitionRead): AsyncIterable<readonly EncodedRow[]>;
  /** Every row of the table, partition after partition in the side's own order: whatever its tokens are, none is named. */
  readAll(read: WholeRead): AsyncIterable<readonly EncodedRow[]>;
}
