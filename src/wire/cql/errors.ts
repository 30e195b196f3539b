import type { Consistency } from './consistency.ts';
import type { CqlErrorName } from './error-codes.ts';

/** What an error's payload tells besides its sentence; which parts are there depends on the code. */
export interface CqlErrorDetails {
  readonly consistency?: Consistency;
  /** Replicas that answered. */
  readonly received?: number;
  /** Replicas that had to answer ("blockFor"), or to be alive. */
  readonly required?: number;
  readonly alive?: number;
  readonly failures?: number;
  /** SIMPLE, BATCH, UNLOGGED_BATCH, COUNTER, BATCH_LOG, CAS, VIEW, CDC. */
  readonly writeType?: string;
  readonly dataPresent?: boolean;
  readonly keyspace?: string;
  readonly table?: string;
  readonly functionName?: string;
  readonly argumentTypes?: readonly string[];
  readonly statementId?: Buffer;
}

/** The server answered, and the answer is an error. */
export class CqlServerError extends Error {
  override readonly name = 'CqlServerError';
  readonly code: number;
  readonly codeName: CqlErrorName;
  readonly details: CqlErrorDetails;

  constructor(code: number, codeName: CqlErrorName, message: string, details: CqlErrorDetails = {}) {
    super(message);
    this.code = code;
    this.codeName = codeName;
    this.details = details;
  }
}

/**
 * - `closed`: the connection broke or was closed; `timed-out`: no answer in time, the connection may live on;
 * - `refused`: could not connect or was not let in; `busy`: all stream ids taken; `protocol`: bytes that v4 does not know;
 * - `schema-changed`: the statement was prepared again and its bind columns are not what they were.
 */
export type ConnectionFailure = 'closed' | 'timed-out' | 'refused' | 'busy' | 'protocol' | 'schema-changed';

/** No answer to a request. If `wasSent`, a write may have happened or may yet happen; if not, it cannot have. */
export class CqlConnectionError extends Error {
  override readonly name = 'CqlConnectionError';
  readonly failure: ConnectionFailure;
  readonly wasSent: boolean;

  constructor(failure: ConnectionFailure, wasSent: boolean, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
    this.wasSent = wasSent;
  }
}
