import { OperatorError } from '../../errors.ts';
import { TargetWriteError, type WriteFailure } from '../../ports/target-keyspace.ts';
import { type ConnectionFailure, CqlConnectionError, CqlServerError } from '../../wire/cql/errors.ts';

/** A failed write as the port tells it; anything that is not of Cassandra comes back as it was. */
export function writeFailure(error: unknown): unknown {
  if (error instanceof CqlServerError && isOperatorsToMend(error)) return noWrites(error);
  if (error instanceof CqlServerError)
    return new TargetWriteError(byServer[error.codeName] ?? 'refused', `${error.codeName}: ${error.message}`, {
      cause: error,
    });
  if (error instanceof CqlConnectionError)
    return new TargetWriteError(byConnection[error.failure], error.message, { cause: error });
  return error;
}

/** A right that was taken away, keys, or a table: no row's own fault, so no row must go to the dead letters for it. */
function isOperatorsToMend({ codeName, message }: CqlServerError): boolean {
  if (codeName === 'UNAUTHORIZED' || codeName === 'BAD_CREDENTIALS') return true;
  return codeName === 'INVALID' && /unconfigured (table|keyspace)|(keyspace|table) \S+ does not exist/i.test(message);
}

function noWrites(error: CqlServerError): OperatorError {
  return new OperatorError(
    {
      expected: 'the target to take writes',
      found: `${error.codeName}: ${error.message}`,
      next:
        error.codeName === 'BAD_CREDENTIALS'
          ? 'renew the credentials, then run again'
          : 'give the right back, or create the table again',
    },
    { cause: error },
  );
}

// Keyspaces, and Cassandra under load, say "slow down" with a write time-out. What is not named here is refused: a new
// kind of refusal must stop us, not be sent again for ever.
const byServer: Readonly<Partial<Record<CqlServerError['codeName'], WriteFailure>>> = {
  OVERLOADED: 'throttled',
  WRITE_TIMEOUT: 'throttled',
  READ_TIMEOUT: 'throttled',
  WRITE_FAILURE: 'throttled',
  CDC_WRITE_FAILURE: 'throttled',
  SERVER_ERROR: 'transient',
  UNAVAILABLE: 'transient',
  IS_BOOTSTRAPPING: 'transient',
  TRUNCATE_ERROR: 'transient',
  UNPREPARED: 'transient',
};

const byConnection: Readonly<Record<ConnectionFailure, WriteFailure>> = {
  closed: 'transient',
  'timed-out': 'transient',
  refused: 'transient',
  busy: 'transient',
  // It costs its connection, and all that was on it: none of those writes was answered, whatever the bytes were.
  protocol: 'transient',
  'schema-changed': 'refused',
};
