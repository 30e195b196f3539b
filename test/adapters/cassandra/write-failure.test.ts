import { describe, expect, it } from 'vitest';
import { writeFailure } from '../../../src/adapters/cassandra/write-failure.ts';
import { CqlConnectionError, CqlServerError } from '../../../src/wire/cql/errors.ts';

describe('a failed write as the port tells it', () => {
  it.each([
    [0x1001, 'OVERLOADED', 'throttled'],
    [0x1100, 'WRITE_TIMEOUT', 'throttled'],
    [0x1500, 'WRITE_FAILURE', 'throttled'],
    [0x1000, 'UNAVAILABLE', 'transient'],
    [0x1002, 'IS_BOOTSTRAPPING', 'transient'],
    [0x0000, 'SERVER_ERROR', 'transient'],
    [0x2200, 'INVALID', 'refused'],
    [0x2000, 'SYNTAX_ERROR', 'refused'],
    [0x000a, 'PROTOCOL_ERROR', 'refused'],
    [0x9999, 'UNKNOWN', 'refused'],
  ] as const)('answer %i (%s) is %s', (code, name, failure) => {
    const cause = new CqlServerError(code, name, 'why');
    expect(writeFailure(cause)).toMatchObject({ name: 'TargetWriteError', failure, message: `${name}: why`, cause });
  });

  it.each([
    ['closed', 'transient'],
    ['timed-out', 'transient'],
    ['refused', 'transient'],
    ['protocol', 'transient'],
    ['schema-changed', 'refused'],
  ] as const)('a connection that is %s is %s', (connection, failure) => {
    expect(writeFailure(new CqlConnectionError(connection, true, 'why'))).toMatchObject({ failure });
  });

  it.each([
    [0x0100, 'BAD_CREDENTIALS', 'Signature expired'],
    [0x2100, 'UNAUTHORIZED', 'no right'],
    [0x2200, 'INVALID', 'unconfigured table orders'],
    [0x2200, 'INVALID', 'unconfigured keyspace shop'],
    [0x2200, 'INVALID', 'Keyspace shop does not exist'],
    [0x2200, 'INVALID', 'table orders does not exist'],
  ] as const)('answer %i (%s, %s) is for the operator to mend, no row’s own fault', (code, name, message) => {
    expect(writeFailure(new CqlServerError(code, name, message))).toMatchObject({ name: 'OperatorError' });
  });

  it("anything else, like a signal's reason, stays what it was", () => {
    const reason = new Error('given up');
    expect(writeFailure(reason)).toBe(reason);
  });
});
