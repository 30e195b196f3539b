import type { Column, Table } from './table.ts';

/** What a deletion covers is said by where it stands; it hides what was written at or before its timestamp. */
export interface Deletion {
  readonly timestampMicros: bigint;
  /** Second of its creation. */
  readonly localDeletionTime: number;
}

/** The row marker: what keeps a row alive whose cells are all null. An INSERT writes it, an UPDATE does not. */
export interface RowMarker {
  readonly timestampMicros: bigint;
  /** Undefined: does not expire. */
  readonly expiry?: Expiry;
}

export interface Expiry {
  /** TTL as the application gave it, in seconds. */
  readonly ttlSeconds: number;
  /** The second at which it expires, by the coordinator's clock. */
  readonly expiresAtSeconds: number;
}

export interface Cell {
  readonly column: Column;
  /** Of a multicell column: which element (list: timeuuid, set: element, map: key, udt: uint16 index). */
  readonly path?: Buffer;
  readonly timestampMicros: bigint;
  readonly expiry?: Expiry;
  /** Encoded CQL bytes; undefined for a deleted cell. */
  readonly value: Buffer | undefined;
}

/** An overwrite or delete of a whole multicell column. */
export interface ColumnDeletion extends Deletion {
  readonly column: Column;
}

export interface RowChange {
  /** Encoded clustering values; empty for a static row and in a table without clustering columns. */
  readonly clustering: readonly Buffer[];
  readonly marker?: RowMarker;
  readonly deletion?: Deletion;
  readonly columnDeletions: readonly ColumnDeletion[];
  readonly cells: readonly Cell[];
}

/**
 * One end of a slice of clustering rows, in the order of storage: with a DESC column the start holds the larger values.
 * No values: from the first or to the last row of the partition.
 */
export interface SliceBound {
  readonly values: readonly Buffer[];
  readonly isInclusive: boolean;
}

export interface RangeDeletion extends Deletion {
  readonly start: SliceBound;
  readonly end: SliceBound;
}

/** What one mutation did to one partition of one table. */
export interface PartitionUpdate {
  readonly table: Table;
  /** As in the log: the bare value, or per component uint16 length, bytes, zero byte. */
  readonly partitionKey: Buffer;
  readonly partitionDeletion?: Deletion;
  readonly staticRow?: RowChange;
  readonly rangeDeletions: readonly RangeDeletion[];
  readonly rows: readonly RowChange[];
}

/** One record of the commit log: updates of different tables of one keyspace under the same partition key. */
export interface Mutation {
  readonly updates: readonly PartitionUpdate[];
}
