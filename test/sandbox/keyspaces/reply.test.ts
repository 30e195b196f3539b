import { expect, test } from 'vitest';
import { BackendLostError } from '../../../src/sandbox/keyspaces/engine/backend-pool.ts';
import { Meter } from '../../../src/sandbox/keyspaces/engine/meter.ts';
import { errorReply } from '../../../src/sandbox/keyspaces/engine/reply.ts';
import { RuleBook } from '../../../src/sandbox/keyspaces/rule-book.ts';
import { invalid } from '../../../src/sandbox/keyspaces/state/keyspaces-error.ts';
import { CqlConnectionError, CqlServerError } from '../../../src/wire/cql/errors.ts';

const engine = { meter: new Meter(true), rules: new RuleBook({ mode: 'strict', off: [], on: [] }) };
const codeOf = (error: unknown, side: 'read' | 'write') => errorReply(engine, error, side).body.readInt32BE(0);

test.each([
  ['a link that broke', new BackendLostError('gone')],
  ['no connection for a question of the stand-in', new CqlConnectionError('refused', false, 'nobody there')],
  ['a time-out of a question of the stand-in', new CqlServerError(0x1200, 'READ_TIMEOUT', 'late')],
  ['an overloaded Cassandra', new CqlServerError(0x1001, 'OVERLOADED', 'busy')],
])('%s is a time-out to the client: it may have happened', (_, error) => {
  expect(codeOf(error, 'write')).toBe(0x1100);
  expect(codeOf(error, 'read')).toBe(0x1200);
});

test.each([
  ['what Cassandra will not have', new CqlServerError(0x2200, 'INVALID', 'no'), 0x2200],
  ['what it cannot read', new CqlServerError(0x2000, 'SYNTAX_ERROR', 'no'), 0x2000],
  ['what the account will not have', invalid('no'), 0x2200],
])('%s is said as it is', (_, error, code) => {
  expect(codeOf(error, 'write')).toBe(code);
});

test('anything else is a fault of the stand-in, and thrown on', () => {
  expect(() => codeOf(new TypeError('oops'), 'write')).toThrow('oops');
});
