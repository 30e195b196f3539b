import type { AvroValue } from '../../wire/avro/read-avro.ts';
import { int32, int64 } from './concat-values.ts';
import type { WrittenAs } from './encode-cql.ts';
import { encodeDuration } from './encode-duration.ts';
import { encodeInet } from './encode-inet.ts';

export type EncodeNative = (value: AvroValue, as: WrittenAs) => Buffer;

const text: EncodeNative = (value) => Buffer.from(textOf(value), 'utf8');
const uuid: EncodeNative = (value) => encodeUuid(textOf(value));
const long: EncodeNative = (value) => int64(integerOf(value, 64));

/** By the CQL type's name. */
export const encodeNative: Readonly<Record<string, EncodeNative>> = {
  ascii: text,
  text,
  boolean: (value) => Buffer.from([booleanOf(value) ? 1 : 0]),
  tinyint: (value, as) => smallInteger(value, 8, as),
  smallint: (value, as) => smallInteger(value, 16, as),
  int: (value) => int32(Number(integerOf(value, 32))),
  bigint: long,
  timestamp: long,
  float: (value) => float(numberOf(value)),
  double: (value) => double(numberOf(value)),
  varint: (value, as) => bytesOf(value, as),
  decimal: (value, as) => {
    const fields = fieldsOf(value);
    return Buffer.concat([int32(Number(integerOf(fields('scale'), 32))), bytesOf(fields('bigint'), as)]);
  },
  duration: (value) => {
    const fields = fieldsOf(value);
    return encodeDuration(
      integerOf(fields('months'), 32),
      integerOf(fields('days'), 32),
      integerOf(fields('nanoseconds'), 64),
    );
  },
  blob: (value, as) => bytesOf(value, as),
  uuid,
  timeuuid: uuid,
  inet: (value) => encodeInet(textOf(value)),
  date: (value) => encodeDate(integerOf(value, 32)),
  // The connector writes microseconds; what stood behind them is lost.
  time: (value) => int64(integerOf(value, 64) * 1000n),
};

export function encodeUuid(written: string): Buffer {
  const hex = written.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new TypeError(`"${written}" is no uuid`);
  return Buffer.from(hex, 'hex');
}

/** Days since 1970; CQL counts them from the middle of 32 unsigned bits. */
export function encodeDate(days: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(Number(BigInt.asUintN(32, days + 2n ** 31n)));
  return bytes;
}

export function float(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeFloatBE(value);
  return bytes;
}

export function double(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** A tinyint or smallint. */
export function smallInt(value: bigint, bits: 8 | 16): Buffer {
  const bytes = Buffer.allocUnsafe(bits / 8);
  bytes.writeIntBE(Number(value), 0, bits / 8);
  return bytes;
}

/** Of a key: -1 comes as 255 or 65535. */
function smallInteger(value: AvroValue, bits: 8 | 16, { isKey }: WrittenAs): Buffer {
  const integer = integerOf(value, 32);
  return smallInt(
    isKey && integer >= 0 ? BigInt.asIntN(bits, fitting(integer, bits + 1)) : fitting(integer, bits),
    bits,
  );
}

function integerOf(value: AvroValue, bits: number): bigint {
  if (typeof value === 'bigint') return fitting(value, bits);
  if (typeof value === 'number' && Number.isInteger(value)) return fitting(BigInt(value), bits);
  throw unfit(value, 'an integer');
}

function fitting(value: bigint, bits: number): bigint {
  if (BigInt.asIntN(bits, value) === value) return value;
  throw new TypeError(`${value} where ${bits} bits are expected`);
}

function numberOf(value: AvroValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  // JSON has no such numbers.
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw unfit(value, 'a number');
}

function booleanOf(value: AvroValue): boolean {
  if (typeof value === 'boolean') return value;
  throw unfit(value, 'a boolean');
}

function textOf(value: AvroValue): string {
  if (typeof value === 'string') return value;
  throw unfit(value, 'text');
}

function bytesOf(value: AvroValue, { format }: WrittenAs): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (format === 'json' && typeof value === 'string') return Buffer.from(value, 'base64');
  throw unfit(value, 'bytes');
}

function fieldsOf(value: AvroValue): (name: string) => AvroValue {
  if (!(value instanceof Map)) throw unfit(value, 'a record');
  return (name) => value.get(name) ?? null;
}

function unfit(value: AvroValue, wanted: string): TypeError {
  return new TypeError(`${value === null ? 'null' : typeof value} where ${wanted} is expected`);
}
