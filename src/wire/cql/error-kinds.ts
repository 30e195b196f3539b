import { CqlConnectionError, CqlServerError } from './errors.ts';

/** No answer in time: from us, from the coordinator, or Keyspaces' way to say "throttled". A write may have happened. */
export function isTimeout(error: unknown): boolean {
  if (error instanceof CqlConnectionError) return error.failure === 'timed-out';
  return hasName(error, 'WRITE_TIMEOUT') || hasName(error, 'READ_TIMEOUT');
}

/** The server has too much to do; worth another try after a wait. */
export function isOverloaded(error: unknown): boolean {
  return hasName(error, 'OVERLOADED') || hasName(error, 'IS_BOOTSTRAPPING');
}

/** Too few replicas are alive. Nothing was attempted, except in a batch: its earlier partitions may be written. */
export function isUnavailable(error: unknown): boolean {
  return hasName(error, 'UNAVAILABLE');
}

/** Replicas said no (a full CDC folder, too many tombstones). Some replicas may have done the write. */
export function isReplicaFailure(error: unknown): boolean {
  return hasName(error, 'WRITE_FAILURE') || hasName(error, 'READ_FAILURE') || hasName(error, 'CDC_WRITE_FAILURE');
}

/** Repeating the same request cannot help: wrong text, value, right or schema. */
export function isRequestRejected(error: unknown): boolean {
  return error instanceof CqlServerError && error.code >= 0x2000 && error.code <= 0x2400;
}

/** Not of a node that cannot read the roles now, which has the same code (PasswordAuthenticator of Cassandra 4.0 to 5.0). */
export function isBadCredentials(error: unknown): boolean {
  return hasName(error, 'BAD_CREDENTIALS') && !(error as Error).message.startsWith('Unable to perform authentication');
}

export function isUnprepared(error: unknown): error is CqlServerError {
  return hasName(error, 'UNPREPARED');
}

/** The connection broke, or there was none. */
export function isConnectionFailure(error: unknown): boolean {
  return error instanceof CqlConnectionError && error.failure !== 'timed-out' && error.failure !== 'schema-changed';
}

/**
 * Whether a failed write may have reached a replica. Only what is refused before any replica is asked is a safe no:
 * a coordinator can say OVERLOADED or UNAVAILABLE after it has sent a part. An error that is not ours may mean anything.
 */
export function mayHaveHappened(error: unknown): boolean {
  if (error instanceof CqlConnectionError) return error.wasSent;
  return !(isRequestRejected(error) || isUnprepared(error) || hasName(error, 'IS_BOOTSTRAPPING'));
}

function hasName(error: unknown, name: CqlServerError['codeName']): boolean {
  return error instanceof CqlServerError && error.codeName === name;
}
