import { isIPv4 } from 'node:net';
import type { CqlType } from '../../../model/cql-type.ts';

/** The bytes of a literal of a native type; undefined for what the stand-in need not look into. */
export function encodeLiteral({ name }: CqlType, text: string): Buffer | undefined {
  try {
    return encoders[name]?.(text);
  } catch {
    // No literal of that type: the backing Cassandra will say so.
    return undefined;
  }
}

const encoders: Readonly<Record<string, (text: string) => Buffer | undefined>> = {
  ascii: (text) => Buffer.from(text),
  text: (text) => Buffer.from(text),
  blob: (text) => Buffer.from(text.slice(2), 'hex'),
  boolean: (text) => Buffer.from([text === 'true' ? 1 : 0]),
  tinyint: (text) => written(1, (bytes) => bytes.writeInt8(Number(text))),
  smallint: (text) => written(2, (bytes) => bytes.writeInt16BE(Number(text))),
  int: (text) => written(4, (bytes) => bytes.writeInt32BE(Number(text))),
  bigint: (text) => written(8, (bytes) => bytes.writeBigInt64BE(BigInt(text))),
  counter: (text) => written(8, (bytes) => bytes.writeBigInt64BE(BigInt(text))),
  float: (text) => written(4, (bytes) => bytes.writeFloatBE(numberOf(text))),
  double: (text) => written(8, (bytes) => bytes.writeDoubleBE(numberOf(text))),
  varint: (text) => twosComplement(BigInt(text)),
  decimal: encodeDecimal,
  uuid: (text) => Buffer.from(text.replaceAll('-', ''), 'hex'),
  timeuuid: (text) => Buffer.from(text.replaceAll('-', ''), 'hex'),
  timestamp: (text) => written(8, (bytes) => bytes.writeBigInt64BE(BigInt(millisOf(text)))),
  date: (text) => written(4, (bytes) => bytes.writeUInt32BE(Date.parse(`${text}T00:00:00Z`) / 86_400_000 + 2 ** 31)),
  inet: (text) => (isIPv4(text) ? Buffer.from(text.split('.').map(Number)) : undefined),
};

function written(length: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(length);
  write(bytes);
  return bytes;
}

function numberOf(text: string): number {
  if (text === 'nan') return Number.NaN;
  return text === 'infinity' ? Number.POSITIVE_INFINITY : Number(text);
}

/** Milliseconds, or an ISO date and time; without a zone it is UTC, as of a server that runs in UTC. */
function millisOf(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const iso = text.trim().replace(' ', 'T');
  const millis = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
  if (Number.isNaN(millis)) throw new RangeError(`${text} is no timestamp`);
  return millis;
}

function encodeDecimal(text: string): Buffer {
  const [mantissa = '0', exponent = '0'] = text.split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  const scale = written(4, (bytes) => bytes.writeInt32BE(fraction.length - Number(exponent)));
  return Buffer.concat([scale, twosComplement(BigInt(mantissa.replace('.', '')))]);
}

/** The shortest two's complement, big-endian. */
function twosComplement(value: bigint): Buffer {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length += 1;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, '0');
  return Buffer.from(hex, 'hex');
}
