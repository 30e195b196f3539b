import type { Table } from './table.ts';

/** Where the two sides disagree about one row, by its encoded primary key. */
export interface Difference {
  /** missing: only the source has it; extra: only the target; mismatch: both, with other values; pending: a change may still be on its way. */
  readonly kind: 'missing' | 'extra' | 'mismatch' | 'pending';
  readonly table: string;
  readonly key: RowKey;
  /** Of a mismatch: the columns whose values differ, and `TTL(column)` of values that are equal and end at other times. */
  readonly columns: readonly string[];
  /** Of the first that differ for certain: the newest write time of each side, microseconds, and where to look first. */
  readonly written?: {
    readonly source: bigint | undefined;
    readonly target: bigint | undefined;
    readonly likely: string;
  };
}

/** Encoded values; an empty clustering in a table that has clustering columns means the partition's static row. */
export interface RowKey {
  readonly partitionKey: readonly Buffer[];
  readonly clustering: readonly Buffer[];
}

/** What one comparison of a table, or of one split of it, found. */
export interface ComparedTable {
  readonly table: string;
  readonly sourceRows: bigint;
  readonly targetRows: bigint;
  /** Sums of row digests modulo 2^128, so that splits add up in any order; 32 hex digits. */
  readonly sourceDigest: string;
  readonly targetDigest: string;
  readonly missing: number;
  readonly extra: number;
  readonly mismatched: number;
  readonly pending: number;
}

/** Rows of which no change can be on its way any more, and that differ. */
export function differingRows(tables: readonly ComparedTable[]): number {
  return tables.reduce((sum, { missing, extra, mismatched }) => sum + missing + extra + mismatched, 0);
}

/** Rows that differed while their changes could still be on their way. */
export function pendingRows(tables: readonly ComparedTable[]): number {
  return tables.reduce((sum, { pending }) => sum + pending, 0);
}

/** How a difference names the end of a column's value. */
export function expiryOf(column: string): string {
  return `TTL(${column})`;
}

/** Whether the values are equal, and only end at other times. */
export function isOnlyExpiry({ columns }: Pick<Difference, 'columns'>): boolean {
  return columns.length > 0 && columns.every((column) => /^TTL\(.*\)$/s.test(column));
}

/** Whether the key means the static row of its partition. */
export function isStaticKey(key: RowKey, table: Pick<Table, 'clustering'>): boolean {
  return key.clustering.length === 0 && table.clustering.length > 0;
}

/** A row's key for a person: partition key, and behind a slash the clustering, if there is one. */
export function shownRowKey({ partitionKey, clustering }: RowKey): string {
  const hex = (values: readonly Buffer[]) => values.map((value) => `0x${value.toString('hex')}`).join(', ');
  return clustering.length > 0 ? `${hex(partitionKey)} / ${hex(clustering)}` : hex(partitionKey);
}

/** Text of a row's key, the same on every machine; used in maps and in the ledger. */
export function rowKeyText(key: RowKey): string {
  return [key.partitionKey, key.clustering]
    .map((part) => part.map((value) => value.toString('hex')).join(','))
    .join('/');
}
