import type { RowLimits } from '../model/row-limits.ts';
import type { SchemaRows } from '../model/schema.ts';
import type { TargetDefinition } from '../model/target-definition.ts';
import type { WriteCapacity } from '../model/write-capacity.ts';
import type { TableReader } from './table-reader.ts';

/** Bound instead of a value: the column stays as it is. */
export const unset: unique symbol = Symbol('unset');
export type BoundValue = Buffer | null | typeof unset;

/** One write, ready to send. Its timestamp is in its text and its values, never left to a server or a driver. */
export interface TargetStatement {
  /** Qualified; the same shape of write has the same text, since texts are prepared once. */
  readonly cql: string;
  readonly values: readonly BoundValue[];
  /** Where among the values its TTL stands, and when that was right: what waits to be sent has less to live. */
  readonly ttl?: { readonly index: number; readonly atMicros: bigint };
}

/** Whole rows of one table, all by the same statement; its values in the shape of a page's cells (PackedPage). */
export interface RowWrites {
  readonly cql: string;
  /** Values that a row binds, `using` included. */
  readonly valueCount: number;
  /** Of each row its values in the order of the text; the length -2 leaves a column as it is. */
  readonly rows: readonly Buffer[];
  /** The values that stand behind those of each row: an INSERT's timestamp and TTL. */
  readonly using: Buffer;
}

/** What every target takes in one request: Keyspaces' bound for an unlogged batch (cfpb/hmda-platform#5001). */
export const rowsOfRequest = 30;

/** How a write ended that did not succeed. */
export type WriteFailure =
  /** It may or may not have been applied; sending it again is harmless because it carries its timestamp. */
  | 'transient'
  /** The target asks us to slow down; it may or may not have been applied. */
  | 'throttled'
  /** The target will never take it. */
  | 'refused';

export class TargetWriteError extends Error {
  override readonly name = 'TargetWriteError';
  readonly failure: WriteFailure;

  constructor(failure: WriteFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** The keyspace that takes over. */
export interface TargetKeyspace extends TableReader {
  /** A write that has no confirmation by then fails. */
  readonly requestTimeoutMs: number;
  /** What it refuses by size, whatever is in it; absent where every size that a Cassandra holds is taken. */
  readonly limits?: RowLimits | undefined;
  /** Whether the keyspace is there. */
  exists(signal?: AbortSignal): Promise<boolean>;
  /** Rows of the target keyspace; empty when it does not exist. */
  schema(signal?: AbortSignal): Promise<SchemaRows>;
  /**
   * Creates what of this is not there, in this order, and returns when all can be used; may be repeated. OperatorError for
   * what the target does not take.
   */
  define(definitions: readonly TargetDefinition[], signal?: AbortSignal): Promise<void>;
  /** Runs a DDL statement that adds to what is there, and waits until it can be used; done already is not an error. */
  alter(ddl: string, signal?: AbortSignal): Promise<void>;
  /**
   * Sends one write once and waits for its confirmation. Throws TargetWriteError; the caller decides about retries. `valuesNow` is asked
   * instead of the statement's values when it is sent, which may be half a minute later where a connection is waited for.
   */
  write(statement: TargetStatement, signal?: AbortSignal, valuesNow?: () => readonly BoundValue[]): Promise<void>;
  /**
   * As `write`, in one request: one row, or up to `rowsOfRequest`. Of several each may have been applied or not when it throws.
   */
  writeRows(writes: RowWrites, signal?: AbortSignal): Promise<void>;
  /** What the table takes now; undefined where the target has no such bound, or it is not known. An operator may change it at any time. */
  writeCapacity(table: string, signal?: AbortSignal): Promise<WriteCapacity | undefined>;
  /** The full name of its class. */
  partitioner(signal?: AbortSignal): Promise<string>;
  /** The target's clock minus ours, microseconds, good to the round trip. */
  clockSkewMicros(signal?: AbortSignal): Promise<bigint>;
  close(): Promise<void>;
}
