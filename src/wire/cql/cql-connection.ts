import type { ColumnType } from './column-type.ts';
import type { BatchKind, ExecuteOptions, QueryOptions, StatementOptions } from './request-options.ts';
import type { CqlValues } from './value.ts';

export interface CqlColumn {
  readonly keyspace: string;
  readonly table: string;
  readonly name: string;
  readonly type: ColumnType;
}

/** The rows of a response in one piece: each cell is four bytes of its length (negative: null) and its bytes. */
export interface PackedRows {
  readonly bytes: Buffer;
  /** Where each row starts in `bytes`, and behind them where the last one ends: one more than there are rows. */
  readonly starts: Uint32Array;
}

/**
 * What any statement answers; a statement without rows answers empty lists.
 * Cells are cut from the response without a copy: one cell kept alive keeps its whole response (and up to 64 KiB of its
 * neighbours) alive. Copy what is kept for long.
 */
export interface CqlRows {
  readonly columns: readonly CqlColumn[];
  /** Encoded bytes, a row as long as `columns`; null is a null. */
  readonly rows: readonly (readonly (Buffer | null)[])[];
  /** Where it was asked for, instead of `rows`: a page that is only compared need not be cut into cells. */
  readonly packed?: PackedRows;
  /** null after the last page, and only then. */
  readonly pagingState: Buffer | null;
  readonly warnings: readonly string[];
}

/** A statement that the server has prepared. Usable on the connection that prepared it. */
export interface Prepared {
  readonly cql: string;
  readonly id: Buffer;
  readonly bindColumns: readonly CqlColumn[];
  /** Indexes into `bindColumns` that make up the partition key, in its order; empty if it is not wholly bound. */
  readonly partitionKeyIndexes: readonly number[];
  /** Empty for a statement without rows. A result's own `columns` are the truth after a schema change. */
  readonly resultColumns: readonly CqlColumn[];
  /** Names and types of the bind columns; two statements with the same shape take the same values. */
  readonly bindShape: string;
}

export interface BatchStatement<Statement = Prepared | string> {
  readonly statement: Statement;
  readonly values: CqlValues;
}

/**
 * One connection, many requests at a time. Every method rejects with `CqlServerError` if the server said no, with
 * `CqlConnectionError` if no answer came, and with the signal's reason if the caller gave up.
 */
export interface CqlConnection {
  readonly host: string;
  readonly isOpen: boolean;
  /** Requests that the server has not answered yet, those given up by a time-out or a signal included. */
  readonly inFlight: number;
  /** Asks once a connection; the same text again gives the same answer. */
  prepare(cql: string, signal?: AbortSignal): Promise<Prepared>;
  query(cql: string, options: QueryOptions): Promise<CqlRows>;
  /** Prepares again by itself if the server forgot the statement; never sends a write twice otherwise. */
  execute(prepared: Prepared, values: CqlValues, options: ExecuteOptions): Promise<CqlRows>;
  batch(kind: BatchKind, statements: readonly BatchStatement[], options: StatementOptions): Promise<CqlRows>;
  /** Breaks off what is in flight. May be repeated. */
  close(): void;
}
