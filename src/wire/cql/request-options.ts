import type { Consistency, SerialConsistency } from './consistency.ts';
import type { CqlValues } from './value.ts';

/** What goes with any statement. */
export interface StatementOptions {
  readonly consistency: Consistency;
  /** For the paxos part of a conditional statement. */
  readonly serialConsistency?: SerialConsistency;
  /** Microseconds since 1970. The statement's own USING TIMESTAMP wins over it; without both the server decides. */
  readonly timestampMicros?: bigint;
  /** Gives up waiting. What was sent may still happen. */
  readonly signal?: AbortSignal;
}

/** What goes with a statement that may return rows. */
export interface ExecuteOptions extends StatementOptions {
  /** Rows a page at most; a page may be shorter, even empty, and still not be the last. */
  readonly pageSize?: number;
  /** From the page before: `CqlRows.pagingState`. */
  readonly pagingState?: Buffer | null;
  /** Answers `CqlRows.packed` and leaves `rows` empty. Prepared statements only. */
  readonly isPacked?: true;
}

export interface QueryOptions extends ExecuteOptions {
  /** Positional values of the statement's `?`; the server knows their types, we do not. */
  readonly values?: CqlValues;
}

export type BatchKind = 'logged' | 'unlogged';
