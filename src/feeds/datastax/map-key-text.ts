import type { CqlType } from '../../model/cql-type.ts';
import { writeVarint } from '../../model/varint.ts';
import { int32, int64 } from './concat-values.ts';
import { encodeInet } from './encode-inet.ts';
import { double, encodeDate, encodeUuid, float, smallInt } from './encode-native.ts';

/** Avro's and JSON's map keys are text: what Java's toString makes of the key. */
export function encodeMapKey(text: string, type: CqlType): Buffer {
  const encode = encoders[type.name];
  if (encode) return encode(text);
  throw new TypeError(`a map's key of type ${type.name}, which the connector does not write`);
}

const utf8 = (text: string) => Buffer.from(text, 'utf8');

const encoders: Readonly<Record<string, (text: string) => Buffer>> = {
  ascii: utf8,
  text: utf8,
  boolean: (text) => Buffer.from([text === 'true' ? 1 : 0]),
  tinyint: (text) => smallInt(BigInt(text), 8),
  smallint: (text) => smallInt(BigInt(text), 16),
  int: (text) => int32(Number(text)),
  bigint: (text) => int64(BigInt(text)),
  float: (text) => float(Number(text)),
  double: (text) => double(Number(text)),
  varint: (text) => writeVarint(BigInt(text)),
  decimal: encodeDecimal,
  uuid: encodeUuid,
  timeuuid: encodeUuid,
  inet: encodeInet,
  timestamp: (text) => int64(BigInt(instantOf(text))),
  date: (text) => encodeDate(BigInt(instantOf(`${text}T00:00:00Z`)) / 86_400_000n),
  time: encodeTime,
};

/** `1.50` has the scale 2, `1E+3` the scale -3: both are kept, for they are other values than 1.5 and 1000. */
function encodeDecimal(text: string): Buffer {
  const [, sign, whole, , part = '', exponent = '0'] = /^(-?)(\d+)(\.(\d+))?(?:E([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === undefined) throw new TypeError(`"${text}" is no decimal`);
  return Buffer.concat([int32(part.length - Number(exponent)), writeVarint(BigInt(`${sign}${whole}${part}`))]);
}

/** A year of more than four digits comes with a plus, which JavaScript takes with six digits only. */
function instantOf(text: string): number {
  const [, sign, year, rest] = /^([+-]?)(\d{4,})(-.*)$/.exec(text) ?? [];
  const padded =
    year === undefined ? text : `${sign === '' ? '' : sign}${sign === '' ? year : year.padStart(6, '0')}${rest}`;
  const instant = Date.parse(padded);
  if (Number.isNaN(instant)) throw new TypeError(`"${text}" is no instant`);
  return instant;
}

/** Seconds are left out when they are zero. */
function encodeTime(text: string): Buffer {
  const [, hours, minutes, seconds = '0', fraction = ''] =
    /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(text) ?? [];
  if (hours === undefined) throw new TypeError(`"${text}" is no time of day`);
  const wholeSeconds = BigInt(Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
  return int64(wholeSeconds * 1_000_000_000n + BigInt(fraction.padEnd(9, '0')));
}
