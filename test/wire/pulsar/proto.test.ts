import fc from 'fast-check';
import { expect, test } from 'vitest';
import { baseCommand, withType } from '../../../src/wire/pulsar/commands.ts';
import { decodeProto } from '../../../src/wire/pulsar/decode-proto.ts';
import { encodeProto } from '../../../src/wire/pulsar/encode-proto.ts';
import { optional, repeated, required, table, type ValueOf } from '../../../src/wire/pulsar/proto-table.ts';

const inner = table({ text: required(1, 'text'), numbers: repeated(2, 'int') });
const outer = table({
  number: required(1, 'int'),
  flag: optional(2, 'bool'),
  bytes: optional(3, 'bytes'),
  inner: optional(4, inner),
  list: repeated(5, inner),
  bits: repeated(200, 'bits'),
});

const anInner = fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 200 }), numbers: aList(anInt()) });
const anOuter = fc.record(
  {
    number: anInt(),
    flag: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    inner: anInner,
    list: aList(anInner),
    bits: aList(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
  },
  { requiredKeys: ['number'] },
);

test('what was encoded is decoded to the same values', () => {
  fc.assert(
    fc.property(anOuter, (value) => {
      expect(decodeProto(outer, encodeProto(outer, value as ValueOf<typeof outer>))).toEqual(value);
    }),
  );
});

test('the bytes are those of the protobuf documentation', () => {
  const documented = table({ a: optional(1, 'int'), b: optional(2, 'text') });
  expect(encodeProto(documented, { a: 150, b: 'testing' }).toString('hex')).toBe('089601120774657374696e67');
});

test('-1 takes ten bytes, and Long.MAX_VALUE is exact on the wire though no double holds it', () => {
  const one = table({ a: required(1, 'int') });
  expect(encodeProto(one, { a: -1 }).toString('hex')).toBe('08ffffffffffffffffff01');
  expect(encodeProto(one, { a: 2 ** 63 }).toString('hex')).toBe('08ffffffffffffffff7f');
  expect(decodeProto(one, Buffer.from('08ffffffffffffffffff01', 'hex')).a).toBe(-1);
});

test('fields of a newer protocol are passed over, whatever their wire type', () => {
  const known = table({ a: required(1, 'int'), z: required(9, 'text') });
  const newer = Buffer.concat([
    Buffer.from('0801', 'hex'),
    Buffer.from('2205aabbccddee', 'hex'), // field 4, bytes
    Buffer.from('29ffffffffffffffff', 'hex'), // field 5, 64 bits
    Buffer.from('35ffffffff', 'hex'), // field 6, 32 bits
    Buffer.from('38ac02', 'hex'), // field 7, varint
    Buffer.from('4a0178', 'hex'),
  ]);
  expect(decodeProto(known, newer)).toEqual({ a: 1, z: 'x' });
});

test('packed numbers are read like single ones', () => {
  expect(decodeProto(inner, Buffer.from('0a0178120303ac02', 'hex'))).toEqual({ text: 'x', numbers: [3, 300] });
});

test('a message cut anywhere throws or is short of a field, and never reads on', () => {
  const bytes = encodeProto(outer, { number: 1, inner: { text: 'x'.repeat(50), numbers: [] }, bytes: Buffer.alloc(9) });
  // At 13 the cut is between two fields: what is before it is a whole message.
  for (let end = 3; end < bytes.length - 2; end++) {
    const cut = bytes.subarray(0, end);
    if (end !== 13) expect(() => decodeProto(outer, cut), `cut at ${end}`).toThrow('malformed protobuf');
  }
});

test("a command's type is the number of its field", () => {
  expect(withType({ ping: {} }).type).toBe(18);
  expect(withType({ sendReceipt: { producerId: 1, sequenceId: 2 } }).type).toBe(7);
  expect(encodeProto(baseCommand, withType({ pong: {} })).toString('hex')).toBe('08139a0100');
});

function anInt() {
  return fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 0, 127, 128, 2 ** 31, 2 ** 32 - 1, 2 ** 32));
}

/** An empty list is the same as none on the wire. */
function aList<T>(item: fc.Arbitrary<T>) {
  return fc.array(item, { minLength: 1, maxLength: 4 });
}
