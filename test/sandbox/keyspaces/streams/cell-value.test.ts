import { types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { parseCqlType } from '../../../../src/model/cql-type.ts';
import { cellValue } from '../../../../src/sandbox/keyspaces/streams/cell-value.ts';

const place = { fields: ['street', 'number'], types: ['text', 'int'] };
const shown = (type: string, bytes: Buffer) =>
  cellValue(
    parseCqlType(type, (name) => (name === 'place' ? place : undefined)),
    bytes,
  );
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const uuid = '7f2ad54e-4c1e-4a3b-9f0e-0123456789ab';

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

test.each([
  ['ascii', Buffer.from('abc'), { asciiT: 'abc' }],
  ['text', Buffer.from('straße'), { textT: 'straße' }],
  ['text', Buffer.alloc(0), { textT: '' }],
  ['blob', hex('00ff'), { blobT: 'AP8=' }],
  ['boolean', hex('01'), { boolT: true }],
  ['boolean', hex('00'), { boolT: false }],
  ['tinyint', hex('80'), { tinyintT: '-128' }],
  ['smallint', hex('ffff'), { smallintT: '-1' }],
  ['int', hex('7fffffff'), { intT: '2147483647' }],
  ['bigint', hex('8000000000000000'), { bigintT: '-9223372036854775808' }],
  ['counter', hex('0000000000000007'), { counterT: '7' }],
  ['varint', hex('00ffffffffffffffffff'), { varintT: '4722366482869645213695' }],
  ['decimal', types.BigDecimal.toBuffer(types.BigDecimal.fromString('-1.05')), { decimalT: '-1.05' }],
  ['decimal', types.BigDecimal.toBuffer(types.BigDecimal.fromString('0.001')), { decimalT: '0.001' }],
  ['decimal', hex('fffffffe 07'), { decimalT: '7E2' }],
  ['double', double(0.1), { doubleT: '0.1' }],
  ['double', double(Number.NaN), { doubleT: 'NaN' }],
  ['float', float(0.1), { floatT: '0.1' }],
  ['float', float(16_777_217), { floatT: '16777216' }],
  ['date', hex('80000001'), { dateT: '1970-01-02' }],
  ['date', hex('00000000'), { dateT: '-2147483648' }],
  ['time', hex('0000000000000001'), { timeT: '1' }],
  ['timestamp', hex('ffffffffffffffff'), { timestampT: '-1' }],
  ['uuid', types.Uuid.fromString(uuid).getBuffer(), { uuidT: uuid }],
  ['timeuuid', types.Uuid.fromString(uuid).getBuffer(), { timeuuidT: uuid }],
  ['inet', hex('7f000001'), { inetT: '127.0.0.1' }],
  ['inet', hex('20010db8000000000000000000000001'), { inetT: '2001:db8:0:0:0:0:0:1' }],
  [
    'list<int>',
    hex('00000002 00000004 00000001 00000004 00000002'),
    { listT: [{ value: { intT: '1' } }, { value: { intT: '2' } }] },
  ],
  ['set<text>', hex('00000001 00000001 61'), { setT: [{ value: { textT: 'a' } }] }],
  [
    'map<text, int>',
    hex('00000001 00000001 61 00000004 00000007'),
    { mapT: [{ key: { textT: 'a' }, value: { intT: '7' } }] },
  ],
  ['tuple<int, text>', hex('00000004 00000007 ffffffff'), { tupleT: [{ value: { intT: '7' } }, {}] }],
  ['frozen<place>', hex('00000001 61'), { udtT: { street: { value: { textT: 'a' } }, number: {} } }],
])('%s %s is shown as %j', (type, bytes, expected) => {
  expect(shown(type, bytes)).toEqual(expected);
});
