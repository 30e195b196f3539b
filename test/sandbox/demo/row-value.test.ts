import { types } from 'cassandra-driver';
import { expect, test } from 'vitest';
import { valueText } from '../../../src/sandbox/demo/row-value.ts';

const uuid = '11111111-2222-4333-8444-555555555555';

test.each([
  ['null and an empty text', null, ''],
  ['a number and its text', 7, '7'],
  ['zero and minus zero', 0, -0],
  ['not a number and null', Number.NaN, null],
  ['empty bytes and null', Buffer.alloc(0), null],
  ['bytes', Buffer.from('a'), Buffer.from('b')],
  ['instants of one second', new Date(1000), new Date(1001)],
  ['longs', types.Long.fromString('9007199254740993'), types.Long.fromString('9007199254740992')],
  ['decimals of another scale', types.BigDecimal.fromString('1.0'), types.BigDecimal.fromString('1.00')],
  ['varints', types.Integer.fromString('1'), types.Integer.fromString('-1')],
  ['addresses', types.InetAddress.fromString('::1'), types.InetAddress.fromString('::2')],
  ['a uuid and a timeuuid', types.Uuid.fromString(uuid), types.TimeUuid.fromString(uuid)],
  ['days', new types.LocalDate(2026, 1, 2), new types.LocalDate(2026, 1, 3)],
  ['times', types.LocalTime.fromString('12:00:00.5'), types.LocalTime.fromString('12:00:00.500000001')],
  ['thirty days and a month', aDuration(1, 0), aDuration(0, 30)],
  ['the order of a list', ['a', 'b'], ['b', 'a']],
  ['a list and a set', ['a'], new Set(['a'])],
  ['elements of a set', new Set(['a']), new Set(['a', 'b'])],
  ['values of a map', new Map([['a', 1]]), new Map([['a', 2]])],
  ['keys of a map', new Map([['a', 1]]), new Map([['b', 1]])],
  ['a field of a type', { street: 'x', zip: null }, { street: 'x', zip: 0 }],
  ['a part of a tuple', new types.Tuple(1, 'a'), new types.Tuple(1, 'b')],
  ['texts that a comma joins', ['a, b'], ['a', 'b']],
])('%s are told apart', (_, a, b) => {
  expect(valueText(a)).not.toBe(valueText(b));
});

test.each([
  ['longs', () => types.Long.fromString('-5')],
  ['decimals', () => types.BigDecimal.fromString('-12.50')],
  ['maps of types', () => new Map([['home', { street: 'x', zip: types.Integer.fromNumber(3) }]])],
  ['durations', () => aDuration(1, 2)],
  ['not a number', () => Number.NaN],
  ['bytes', () => Buffer.from([0, 255])],
])('two equal %s have one text', (_, make) => {
  expect(valueText(make())).toBe(valueText(make()));
});

function aDuration(months: number, days: number): types.Duration {
  return new types.Duration(months, days, types.Long.fromNumber(1_000_000_000));
}
