import { describe, expect, test } from 'vitest';
import { errorNames } from '../../../src/wire/cql/error-codes.ts';
import {
  isBadCredentials,
  isConnectionFailure,
  isOverloaded,
  isReplicaFailure,
  isRequestRejected,
  isTimeout,
  isUnavailable,
  isUnprepared,
  mayHaveHappened,
} from '../../../src/wire/cql/error-kinds.ts';
import { CqlConnectionError, CqlServerError } from '../../../src/wire/cql/errors.ts';

describe('what kind an error is', () => {
  test.each([
    { holds: isTimeout, names: ['READ_TIMEOUT', 'WRITE_TIMEOUT'] },
    { holds: isOverloaded, names: ['IS_BOOTSTRAPPING', 'OVERLOADED'] },
    { holds: isUnavailable, names: ['UNAVAILABLE'] },
    { holds: isReplicaFailure, names: ['CDC_WRITE_FAILURE', 'READ_FAILURE', 'WRITE_FAILURE'] },
    { holds: isRequestRejected, names: ['ALREADY_EXISTS', 'CONFIG_ERROR', 'INVALID', 'SYNTAX_ERROR', 'UNAUTHORIZED'] },
    { holds: isBadCredentials, names: ['BAD_CREDENTIALS'] },
    { holds: isUnprepared, names: ['UNPREPARED'] },
  ])('$holds.name holds for $names and no other code', ({ holds, names }) => {
    const holding = serverErrors().filter((error) => holds(error));
    expect(holding.map((error) => error.codeName).sort()).toEqual([...names]);
  });

  test('a write cannot have happened only if it was refused before any replica was asked', () => {
    const impossible = serverErrors().filter((error) => !mayHaveHappened(error));
    expect(impossible.map((error) => error.codeName).sort()).toEqual([
      'ALREADY_EXISTS',
      'CONFIG_ERROR',
      'INVALID',
      'IS_BOOTSTRAPPING',
      'SYNTAX_ERROR',
      'UNAUTHORIZED',
      'UNPREPARED',
    ]);
    expect(mayHaveHappened(new CqlConnectionError('closed', false, ''))).toBe(false);
    expect(mayHaveHappened(new CqlConnectionError('closed', true, ''))).toBe(true);
    expect(mayHaveHappened(new Error('somebody else’s'))).toBe(true);
  });

  test('a node that cannot read the roles now says nothing of the password', () => {
    const unreadable = 'Unable to perform authentication: Cannot achieve consistency level QUORUM';
    expect(isBadCredentials(new CqlServerError(0x0100, 'BAD_CREDENTIALS', unreadable))).toBe(false);
  });

  test('our own time-out is a time-out, a broken connection is not', () => {
    const timedOut = new CqlConnectionError('timed-out', true, '');
    const closed = new CqlConnectionError('closed', true, '');
    expect([timedOut, closed].map(isTimeout)).toEqual([true, false]);
    expect([timedOut, closed].map(isConnectionFailure)).toEqual([false, true]);
  });
});

function serverErrors(): CqlServerError[] {
  return Object.entries(errorNames).map(([code, name]) => new CqlServerError(Number(code), name, 'because'));
}
