import avro from 'avsc';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAvroSchema } from '../../../src/wire/avro/avro-type.ts';
import { AvroError, type AvroValue, readAvro } from '../../../src/wire/avro/read-avro.ts';

const schema = {
  type: 'record',
  name: 'everything',
  fields: [
    { name: 'flag', type: 'boolean' },
    { name: 'small', type: ['null', 'int'] },
    { name: 'large', type: 'long' },
    { name: 'ratio', type: 'double' },
    { name: 'raw', type: ['null', 'bytes'] },
    { name: 'words', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: { type: 'map', values: ['null', 'int'] } },
    { name: 'inner', type: ['null', { type: 'record', name: 'pair', fields: [{ name: 'of', type: 'string' }] }] },
    { name: 'again', type: ['null', 'pair'] },
  ],
};

const pair = fc.option(fc.record({ of: fc.string({ unit: 'binary' }) }));
const anything = fc.record({
  flag: fc.boolean(),
  small: fc.option(fc.integer()),
  large: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ratio: fc.double(),
  raw: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  words: fc.array(fc.string({ unit: 'binary' })),
  counts: fc.dictionary(fc.string({ unit: 'binary' }), fc.option(fc.integer()), { noNullPrototype: true }),
  inner: pair,
  again: pair,
});

/** avsc keeps a long that no number holds only if it is told how. */
const longs = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});
const writer = avro.Type.forSchema(schema as never, { registry: { long: longs }, wrapUnions: false });
const reader = parseAvroSchema(schema);

describe('what another library writes', () => {
  test('is read back, whatever it is', () => {
    fc.assert(
      fc.property(anything, (value) => {
        expect(plain(readAvro(reader, writer.toBuffer(value)))).toEqual(value);
      }),
    );
  });

  test('is refused when a byte is missing or left over', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const bytes = writer.toBuffer(value);
        expect(() => readAvro(reader, bytes.subarray(0, -1))).toThrow(AvroError);
        expect(() => readAvro(reader, Buffer.concat([bytes, Buffer.from([0])]))).toThrow(AvroError);
      }),
    );
  });
});

test('bytes that are nothing are refused with an AvroError, and quickly', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        readAvro(reader, Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(AvroError);
      }
    }),
  );
});

test('items without bytes cannot ask for more than there are bytes', () => {
  const nothings = parseAvroSchema({ type: 'array', items: 'null' });
  expect(() => readAvro(nothings, Buffer.from('feffffff0f00', 'hex'))).toThrow('more items than bytes');
});

test('a block may say how long it is', () => {
  // -2 items in 2 bytes, then the end.
  expect(readAvro(parseAvroSchema({ type: 'array', items: 'int' }), Buffer.from('0304020400', 'hex'))).toEqual([1, 2]);
});

describe('a bare name', () => {
  const decimal = { type: 'record', name: 'cql_decimal', namespace: '', fields: [{ name: 'scale', type: 'int' }] };
  const two = {
    type: 'record',
    name: 't',
    namespace: 'ks',
    fields: [
      { name: 'a', type: ['null', decimal] },
      { name: 'b', type: ['null', 'cql_decimal'] },
    ],
  };

  test('that stands for a record of no namespace is found, as Java prints it and avsc does not take it', () => {
    expect(() => avro.Type.forSchema(two as never)).toThrow('undefined type name');
    expect(plain(readAvro(parseAvroSchema(two), Buffer.from('02040206', 'hex')))).toEqual({
      a: { scale: 2 },
      b: { scale: 3 },
    });
  });

  test('that stands for nothing is refused', () => {
    expect(() => parseAvroSchema({ ...two, fields: [two.fields[1]] })).toThrow(SyntaxError);
  });
});

test.each([[{ type: 'enum', name: 'e', symbols: ['A'] }], [null], [{ type: 'record', name: 'r' }], [7]])(
  'a schema that has no use here is refused: %j',
  (written) => {
    expect(() => parseAvroSchema(written)).toThrow(SyntaxError);
  },
);

function plain(value: AvroValue): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
  return Array.isArray(value) ? value.map(plain) : value;
}
