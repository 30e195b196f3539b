import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';
import {
  isBadCredentials,
  isConnectionFailure,
  isOverloaded,
  isReplicaFailure,
  isTimeout,
  isUnavailable,
  isUnprepared,
} from '../../wire/cql/error-kinds.ts';
import { CqlConnectionError, CqlServerError } from '../../wire/cql/errors.ts';

export interface Patience {
  /** What is being done, as it ends the sentence "expected ...". */
  readonly doing: string;
  readonly patienceMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Does what may be repeated until it succeeds: passing faults of nodes and connections are waited out. Throws an
 * OperatorError for what will not pass and for what did not pass in time, or the signal's reason.
 */
export async function withPatience<T>(patience: Patience, act: (attempt: number) => Promise<T>): Promise<T> {
  const deadline = performance.now() + patience.patienceMs;
  for (let attempt = 0; ; attempt++) {
    try {
      return await act(attempt);
    } catch (error) {
      patience.signal?.throwIfAborted();
      if (!isOfCassandra(error)) throw error;
      const waitMs = backoffMs(attempt);
      if (!isPassing(error) || performance.now() + waitMs > deadline) throw gaveUp(patience.doing, attempt + 1, error);
      await pause(waitMs, patience.signal);
    }
  }
}

type CassandraError = CqlServerError | CqlConnectionError;

function isOfCassandra(error: unknown): error is CassandraError {
  return error instanceof CqlServerError || error instanceof CqlConnectionError;
}

function isPassing(error: CassandraError): boolean {
  if (isBadCredentials(error)) return false;
  if (error instanceof CqlServerError && error.codeName === 'SERVER_ERROR') return true;
  return [isTimeout, isOverloaded, isUnavailable, isReplicaFailure, isConnectionFailure, isUnprepared].some((is) =>
    is(error),
  );
}

function backoffMs(attempt: number): number {
  const fullMs = Math.min(5_000, 50 * 2 ** Math.min(attempt, 10));
  return fullMs / 2 + (Math.random() * fullMs) / 2;
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

function gaveUp(doing: string, attempts: number, cause: CassandraError): OperatorError {
  const name = cause instanceof CqlServerError ? cause.codeName : `connection ${cause.failure}`;
  const found = `${name}: ${cause.message}${attempts > 1 ? ` (${attempts} attempts)` : ''}`;
  return new OperatorError({ expected: doing, found, next: nextStep(cause) }, { cause });
}

function nextStep(error: CassandraError): string {
  if (isUnavailable(error)) return 'see which nodes are down; too few replicas are alive';
  if (error instanceof CqlServerError && error.codeName === 'UNAUTHORIZED') return 'grant the role this right';
  if (isReplicaFailure(error)) return "see the nodes' logs: a replica failed to do this, for example over tombstones";
  if (isPassing(error)) return 'see that the nodes are up and not overloaded, then run again';
  return 'see whether the schema is what the plan was made for, and whether the role may do this';
}
