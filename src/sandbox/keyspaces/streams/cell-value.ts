import type { CqlType } from '../../../model/cql-type.ts';
import { BodyReader } from '../../../wire/cql/body-reader.ts';
import type { CellValue } from './row-change.ts';

/** A value of the protocol as a change record writes it. Types that Keyspaces does not have are shown as blobs. */
export function cellValue(type: CqlType, bytes: Buffer): CellValue {
  const [name, show] = shown[type.name] ?? (['blobT', base64] as const);
  return { [name]: show(bytes, type) };
}

type Show = (bytes: Buffer, type: CqlType) => unknown;

const base64: Show = (bytes) => bytes.toString('base64');
const utf8: Show = (bytes) => bytes.toString('utf8');
/** Big-endian two's complement of any length. */
const whole: Show = (bytes) => `${wholeNumber(bytes)}`;

const shown: Readonly<Record<string, readonly [string, Show]>> = {
  ascii: ['asciiT', utf8],
  bigint: ['bigintT', whole],
  blob: ['blobT', base64],
  boolean: ['boolT', (bytes) => bytes[0] !== 0],
  counter: ['counterT', whole],
  date: ['dateT', dateText],
  decimal: ['decimalT', decimalText],
  double: ['doubleT', (bytes) => `${bytes.readDoubleBE()}`],
  float: ['floatT', (bytes) => shortestFloat(bytes.readFloatBE())],
  inet: ['inetT', inetText],
  int: ['intT', whole],
  list: ['listT', (bytes, { arguments: [element] }) => collectionOf(bytes).map((one) => cellOf(element!, one))],
  map: ['mapT', mapEntries],
  set: ['setT', (bytes, { arguments: [element] }) => collectionOf(bytes).map((one) => cellOf(element!, one))],
  smallint: ['smallintT', whole],
  text: ['textT', utf8],
  time: ['timeT', whole],
  timestamp: ['timestampT', whole],
  timeuuid: ['timeuuidT', uuidText],
  tinyint: ['tinyintT', whole],
  tuple: ['tupleT', (bytes, type) => fieldsOf(bytes, type).map(({ value }) => value)],
  udt: ['udtT', udtFields],
  uuid: ['uuidT', uuidText],
  varint: ['varintT', whole],
};

function cellOf(type: CqlType, bytes: Buffer): object {
  return { value: cellValue(type, bytes) };
}

function wholeNumber(bytes: Buffer): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

/** Days since 1970, plus 2^31. */
function dateText(bytes: Buffer): string {
  const days = bytes.readUInt32BE() - 2 ** 31;
  const date = new Date(days * 86_400_000);
  // Beyond JavaScript's calendar only the number is left.
  return Number.isNaN(date.getTime()) ? `${days}` : date.toISOString().slice(0, date.toISOString().indexOf('T'));
}

function decimalText(bytes: Buffer): string {
  const scale = bytes.readInt32BE();
  const digits = wholeNumber(bytes.subarray(4));
  if (scale === 0) return `${digits}`;
  if (scale < 0 || scale > 1_000) return `${digits}E${-scale}`;
  const text = `${digits < 0n ? -digits : digits}`.padStart(scale + 1, '0');
  return `${digits < 0n ? '-' : ''}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** Nine digits tell every float from its neighbours; fewer where fewer do. */
function shortestFloat(value: number): string {
  for (let digits = 6; digits < 9; digits++)
    if (Math.fround(Number(value.toPrecision(digits))) === value) return `${Number(value.toPrecision(digits))}`;
  return `${Number(value.toPrecision(9))}`;
}

function inetText(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.');
  return Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16)).join(':');
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function collectionOf(bytes: Buffer, valuesPerElement = 1): readonly Buffer[] {
  const reader = new BodyReader(bytes);
  return Array.from({ length: reader.int() * valuesPerElement }, () => reader.bytesOrNull() ?? Buffer.alloc(0));
}

function mapEntries(bytes: Buffer, { arguments: [keyType, valueType] }: CqlType): object[] {
  const parts = collectionOf(bytes, 2);
  return Array.from({ length: parts.length / 2 }, (_, index) => ({
    key: cellValue(keyType!, parts[2 * index]!),
    value: cellValue(valueType!, parts[2 * index + 1]!),
  }));
}

/** Fields that are null, or were added after the value was written, have an empty cell. */
function fieldsOf(bytes: Buffer, { arguments: types, udt }: CqlType): { readonly name: string; value: object }[] {
  const reader = new BodyReader(bytes);
  return types.map((type, index) => {
    const field = reader.position < reader.end ? reader.bytesOrNull() : null;
    return { name: udt?.fields[index] ?? `${index}`, value: field ? cellOf(type, field) : {} };
  });
}

function udtFields(bytes: Buffer, type: CqlType): object {
  return Object.fromEntries(fieldsOf(bytes, type).map(({ name, value }) => [name, value]));
}
