import { describe, expect, test } from 'vitest';
import { BodyReader } from '../../../src/wire/cql/body-reader.ts';
import { readServerError } from '../../../src/wire/cql/server-error.ts';
import { byte, errorBody, int, short, string } from './frame-bytes.ts';

const localQuorum = short(6);
const answers = { consistency: 'LOCAL_QUORUM', received: 1, required: 2 };

describe('readServerError', () => {
  test.each([
    [0x0000, 'SERVER_ERROR', [], {}],
    [0x000a, 'PROTOCOL_ERROR', [], {}],
    [0x0100, 'BAD_CREDENTIALS', [], {}],
    [0x1000, 'UNAVAILABLE', [localQuorum, int(2), int(1)], { consistency: 'LOCAL_QUORUM', required: 2, alive: 1 }],
    [0x1001, 'OVERLOADED', [], {}],
    [0x1002, 'IS_BOOTSTRAPPING', [], {}],
    [0x1003, 'TRUNCATE_ERROR', [], {}],
    [0x1100, 'WRITE_TIMEOUT', [localQuorum, int(1), int(2), string('SIMPLE')], { ...answers, writeType: 'SIMPLE' }],
    [0x1200, 'READ_TIMEOUT', [localQuorum, int(1), int(2), byte(1)], { ...answers, dataPresent: true }],
    [
      0x1300,
      'READ_FAILURE',
      [localQuorum, int(1), int(2), int(1), byte(0)],
      { ...answers, failures: 1, dataPresent: false },
    ],
    [
      0x1400,
      'FUNCTION_FAILURE',
      [string('ks'), string('fn'), short(2), string('int'), string('text')],
      { keyspace: 'ks', functionName: 'fn', argumentTypes: ['int', 'text'] },
    ],
    [
      0x1500,
      'WRITE_FAILURE',
      [localQuorum, int(1), int(2), int(1), string('CDC')],
      { ...answers, failures: 1, writeType: 'CDC' },
    ],
    [0x2000, 'SYNTAX_ERROR', [], {}],
    [0x2100, 'UNAUTHORIZED', [], {}],
    [0x2200, 'INVALID', [], {}],
    [0x2300, 'CONFIG_ERROR', [], {}],
    [0x2400, 'ALREADY_EXISTS', [string('ks'), string('t')], { keyspace: 'ks', table: 't' }],
    [0x2500, 'UNPREPARED', [string('id')], { statementId: Buffer.from('id') }],
    [0x7777, 'UNKNOWN', [], {}],
  ])('reads 0x%s as %s with all it tells', (code, codeName, payload, details) => {
    const error = read(errorBody(code, 'because', ...payload));
    expect({ ...error }).toMatchObject({ code, codeName });
    expect(error.message).toBe('because');
    expect(error.details).toEqual(details);
  });

  test('keeps code and sentence of an error whose payload is cut short', () => {
    const error = read(errorBody(0x1100, 'Operation timed out', localQuorum, int(0)));
    expect({ name: error.codeName, message: error.message, details: error.details }).toEqual({
      name: 'WRITE_TIMEOUT',
      message: 'Operation timed out',
      details: {},
    });
  });
});

function read(body: Buffer) {
  return readServerError(new BodyReader(body));
}
