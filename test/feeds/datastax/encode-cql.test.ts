import { types } from 'cassandra-driver';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCql } from '../../../src/feeds/datastax/encode-cql.ts';
import { encodeDuration } from '../../../src/feeds/datastax/encode-duration.ts';
import { encodeInet } from '../../../src/feeds/datastax/encode-inet.ts';
import { encodeMapKey } from '../../../src/feeds/datastax/map-key-text.ts';
import { type CqlType, parseCqlType } from '../../../src/model/cql-type.ts';

const avro = { format: 'avro', isKey: false } as const;
const typeOf = (text: string): CqlType =>
  parseCqlType(text, (name) => (name === 'addr' ? { fields: ['street', 'zip'], types: ['text', 'int'] } : undefined));

test('durations are what the driver makes of them', () => {
  const int32 = fc.integer({ min: 0, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(
      int32,
      int32,
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.boolean(),
      (months, days, nanos, isBack) => {
        const sign = isBack ? -1 : 1;
        const long = types.Long.fromString(`${nanos * BigInt(sign)}`);
        const expected = new types.Duration(months * sign, days * sign, long).toBuffer();
        expect(encodeDuration(BigInt(months * sign), BigInt(days * sign), nanos * BigInt(sign))).toEqual(expected);
      },
    ),
  );
});

test('addresses are what the driver makes of them, in Java’s long form and in the short one', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      fc.pre(!/:.*\./.test(text));
      expect(encodeInet(text)).toEqual(types.InetAddress.fromString(text).getBuffer());
    }),
  );
  expect(encodeInet('0:0:0:0:0:0:0:1')).toEqual(encodeInet('::1'));
  expect(encodeInet('/10.0.0.1')).toEqual(Buffer.from([10, 0, 0, 1]));
});

test.each(['', '1.2.3', '1.2.3.256', '1:2', 'g::1', '::1::', '1:2:3:4:5:6:7:8:9'])('%j is no address', (text) => {
  expect(() => encodeInet(text)).toThrow(TypeError);
});

describe('a map’s key as text', () => {
  test('decimals keep their scale', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.integer({ min: -40, max: 40 }), (unscaled, scale) => {
        const value = new types.BigDecimal(types.Integer.fromString(`${unscaled}`) as never, scale);
        const text = scale < 0 ? `${unscaled}E+${-scale}` : scale === 0 ? `${unscaled}` : `${unscaled}E-${scale}`;
        expect(encodeMapKey(text, typeOf('decimal'))).toEqual(types.BigDecimal.toBuffer(value));
      }),
    );
    expect(encodeMapKey('-0.0010', typeOf('decimal'))).toEqual(
      types.BigDecimal.toBuffer(types.BigDecimal.fromString('-0.0010')),
    );
  });

  test('varints take the fewest bytes', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const expected = types.Integer.toBuffer(types.Integer.fromString(`${value}`));
        expect(encodeMapKey(`${value}`, typeOf('varint'))).toEqual(expected);
      }),
    );
  });

  test.each([
    ['time', '10:10', types.LocalTime.fromString('10:10:00').toBuffer()],
    ['time', '10:10:00.000000001', types.LocalTime.fromString('10:10:00.000000001').toBuffer()],
    ['date', '1969-12-31', Buffer.from('7fffffff', 'hex')],
    ['date', '+12345-01-01', Buffer.from('8039d24f', 'hex')],
    ['timestamp', '1969-12-31T23:59:59.999Z', Buffer.from('ffffffffffffffff', 'hex')],
    ['double', '1.0E10', Buffer.from('4202a05f20000000', 'hex')],
    ['boolean', 'true', Buffer.from([1])],
    ['tinyint', '-1', Buffer.from([0xff])],
    ['smallint', '-2', Buffer.from('fffe', 'hex')],
    ['uuid', '550e8400-e29b-41d4-a716-446655440000', Buffer.from('550e8400e29b41d4a716446655440000', 'hex')],
  ])('%s %s', (type, text, expected) => {
    expect(encodeMapKey(text, typeOf(type))).toEqual(expected);
  });

  test.each([
    ['blob', 'x'],
    ['time', '10'],
    ['decimal', 'one'],
    ['timestamp', 'yesterday'],
    ['uuid', '550e'],
  ])('of type %s, %j is refused', (type, text) => {
    expect(() => encodeMapKey(text, typeOf(type))).toThrow(TypeError);
  });
});

test('a field that is absent, as in JSON, is null like one that is null', () => {
  const type = typeOf('frozen<addr>');
  const both = new Map<string, null | string>([
    ['street', 's'],
    ['zip', null],
  ]);
  expect(encodeCql(new Map([['street', 's']]), type, avro)).toEqual(encodeCql(both, type, avro));
  expect(encodeCql(both, type, avro)).toEqual(Buffer.from('0000000173ffffffff', 'hex'));
});

test('a tuple is its fields by number', () => {
  const value = new Map<string, number | null>([
    ['index_1', null],
    ['index_0', 1],
  ]);
  expect(encodeCql(value, typeOf('tuple<int, text>'), avro)).toEqual(Buffer.from('0000000400000001ffffffff', 'hex'));
});

test.each([
  ['int', 2 ** 31],
  ['tinyint', 128],
  ['text', 1],
  ['blob', 'text'],
  ['boolean', 1],
  ['list<int>', 'text'],
  ['map<text, int>', []],
  ['list<int>', [null]],
  ['decimal', 1],
])('a %s cannot be %j', (type, value) => {
  expect(() => encodeCql(value as never, typeOf(type), avro)).toThrow(TypeError);
});
