import { describe, expect, test } from 'vitest';
import { compareValues } from '../../src/model/compare-values.ts';
import { parseCqlType } from '../../src/model/cql-type.ts';

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function bigint(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/[- ]/g, ''), 'hex');
}

function decimal(scale: number, unscaled: string): Buffer {
  return Buffer.concat([int32(scale), hex(unscaled)]);
}

function elements(...values: (Buffer | undefined)[]): Buffer {
  return Buffer.concat(values.flatMap((value) => (value ? [int32(value.length), value] : [int32(-1)])));
}

function collection(...values: Buffer[]): Buffer {
  return Buffer.concat([int32(values.length), elements(...values)]);
}

const empty = Buffer.alloc(0);
const text = (value: string) => Buffer.from(value);

// Each list is in Cassandra's order; every pair of it is tried both ways round.
const ordered: readonly (readonly [string, string, readonly Buffer[]])[] = [
  ['int', 'signed', [empty, int32(-(2 ** 31)), int32(-1), int32(0), int32(7), int32(2 ** 31 - 1)]],
  ['bigint', 'signed', [empty, bigint(-(2n ** 63n)), bigint(-1n), bigint(0n), bigint(2n ** 63n - 1n)]],
  ['timestamp', 'signed, so that 1969 comes before 1970', [bigint(-1n), bigint(0n), bigint(1n)]],
  ['tinyint', 'signed', [hex('80'), hex('ff'), hex('00'), hex('7f')]],
  ['smallint', 'signed', [hex('8000'), hex('ffff'), hex('0000'), hex('7fff')]],
  ['date', 'unsigned, 1970 in the middle', [int32(0), int32(2 ** 31 - 1), int32(-(2 ** 31)), int32(-1)]],
  ['boolean', 'false first', [empty, hex('00'), hex('01')]],
  ['text', 'by UTF-8 bytes', [empty, text('B'), text('a'), text('aa'), text('ä'), text('😀')]],
  ['blob', 'unsigned bytes', [empty, hex('00'), hex('0000'), hex('7f'), hex('80'), hex('ff')]],
  [
    'double',
    'as Java: minus zero before zero, NaN last',
    [empty, double(-Infinity), double(-1.5), double(-0), double(0), double(1e-300), double(Infinity), double(NaN)],
  ],
  [
    'varint',
    'by number, whatever the length',
    [hex('ff00'), hex('ff'), hex('00'), hex('7f'), hex('0080'), hex('0100')],
  ],
  [
    'decimal',
    'by number, whatever the scale',
    [
      decimal(-3, 'ff'),
      decimal(0, 'f6'),
      decimal(1, 'ff'),
      decimal(5, '00'),
      decimal(40, '01'),
      decimal(1, '0b'),
      decimal(0, '0a'),
      decimal(-2147483647, '01'),
    ],
  ],
  [
    'uuid',
    'by version, then time or bytes',
    [
      hex('00000002-0000-1000-8000-000000000000'),
      hex('00000001-0001-1000-8000-000000000000'),
      hex('00000000-0000-4000-8000-000000000000'),
      hex('f0000000-0000-4000-8000-000000000000'),
      hex('00000000-0000-7000-8000-000000000000'),
    ],
  ],
  [
    'timeuuid',
    'by time, then by signed bytes',
    [
      hex('ffffffff-0000-1000-8000-000000000000'),
      hex('00000000-0001-1000-8000-000000000000'),
      hex('00000000-0001-1000-8000-000000000001'),
      hex('00000000-0000-1001-80ff-000000000000'),
      hex('00000000-0000-1001-8000-0000000000ff'),
      hex('00000000-0000-1001-8000-000000000000'),
    ],
  ],
  [
    'frozen<list<int>>',
    'element by element, then the shorter',
    [collection(), collection(int32(-1)), collection(int32(-1), int32(5)), collection(int32(3))],
  ],
  [
    'frozen<map<int, text>>',
    'key and value in turn',
    [collection(int32(1), text('a')), collection(int32(1), text('b')), collection(int32(2), text('a'))],
  ],
  [
    'tuple<int, text>',
    'field by field, null before empty',
    [
      elements(undefined, text('z')),
      elements(int32(-1), undefined),
      elements(int32(-1), empty),
      elements(int32(4), text('a')),
    ],
  ],
  [
    'vector<int, 2>',
    'element by element',
    [Buffer.concat([int32(-1), int32(9)]), Buffer.concat([int32(0), int32(-9)])],
  ],
];

describe('values come in the order of Cassandra:', () => {
  test.each(ordered)('%s, %s', (typeText, _, values) => {
    const type = parseCqlType(typeText, () => undefined);
    for (const [left, a] of values.entries()) {
      for (const [right, b] of values.entries()) {
        expect(Math.sign(compareValues(a, b, type)), `${a.toString('hex')} to ${b.toString('hex')}`).toBe(
          Math.sign(left - right),
        );
      }
    }
  });

  test('decimals that differ in scale only are equal', () => {
    const type = parseCqlType('decimal', () => undefined);
    expect(compareValues(decimal(1, '0a'), decimal(0, '01'), type)).toBe(0);
    expect(compareValues(decimal(0, '00'), decimal(9, '00'), type)).toBe(0);
  });

  test('a custom class of unknown order is refused by name', () => {
    const type = parseCqlType("'com.example.Own'", () => undefined);
    expect(() => compareValues(hex('00'), hex('01'), type)).toThrow('com.example.Own');
  });
});
