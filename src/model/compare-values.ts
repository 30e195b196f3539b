import type { CqlType } from './cql-type.ts';
import { readVarint } from './varint.ts';

/**
 * Orders two encoded values as Cassandra's type does: negative, zero or positive. An empty value comes before all others.
 * Throws a RangeError for a custom class whose order is not known.
 */
export function compareValues(a: Buffer, b: Buffer, type: CqlType): number {
  if (a.length === 0 || b.length === 0) return a.length - b.length;
  return comparerOf(type)(a, b, type);
}

type Comparer = (a: Buffer, b: Buffer, type: CqlType) => number;

function comparerOf(type: CqlType): Comparer {
  const name = type.name === 'custom' ? type.className! : type.name;
  const comparer = comparers.get(name);
  if (comparer) return comparer;
  throw new RangeError(`values of type ${name} have an order that is not known`);
}

const bytes: Comparer = (a, b) => Buffer.compare(a, b);
const long: Comparer = (a, b) => sign(a.readBigInt64BE(), b.readBigInt64BE());

// date and time are stored so that their bytes order them; Cassandra compares them unsigned, as it does text and inet.
const comparers: ReadonlyMap<string, Comparer> = new Map<string, Comparer>([
  ...['ascii', 'text', 'blob', 'inet', 'date', 'time', 'empty'].map((name) => [name, bytes] as const),
  ...['bigint', 'timestamp', 'org.apache.cassandra.db.marshal.DateType'].map((name) => [name, long] as const),
  ['boolean', (a, b) => Number(a[0] !== 0) - Number(b[0] !== 0)],
  ['tinyint', (a, b) => a.readInt8() - b.readInt8()],
  ['smallint', (a, b) => a.readInt16BE() - b.readInt16BE()],
  ['int', (a, b) => sign(a.readInt32BE(), b.readInt32BE())],
  ['float', (a, b) => compareFloats(a.readFloatBE(), b.readFloatBE())],
  ['double', (a, b) => compareFloats(a.readDoubleBE(), b.readDoubleBE())],
  ['varint', (a, b) => sign(readVarint(a), readVarint(b))],
  ['decimal', compareDecimals],
  ['uuid', compareUuids],
  ['timeuuid', compareTimeUuids],
  ['org.apache.cassandra.db.marshal.LexicalUUIDType', compareLexicalUuids],
  ['tuple', compareTuples],
  ['udt', compareTuples],
  ['list', compareCollections],
  ['set', compareCollections],
  ['map', compareCollections],
  ['vector', compareVectors],
]);

/** As Java's Float.compare: -0.0 is less than 0.0 and NaN is the greatest. */
function compareFloats(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b && a !== 0) return 0;
  return rankOfFloat(a) - rankOfFloat(b);
}

function rankOfFloat(value: number): number {
  if (Number.isNaN(value)) return 2;
  return Object.is(value, -0) ? 0 : 1;
}

/** 1.0 and 1.00 are equal. A scale may be any int32, so the smaller one is not simply written out. */
function compareDecimals(a: Buffer, b: Buffer): number {
  const [left, right] = [readDecimal(a), readDecimal(b)];
  const bySign = sign(left.unscaled, 0n) - sign(right.unscaled, 0n);
  if (bySign !== 0 || left.unscaled === 0n) return bySign;
  const direction = left.unscaled < 0n ? -1 : 1;
  const byMagnitude = magnitudeOf(left) - magnitudeOf(right);
  if (byMagnitude !== 0) return byMagnitude * direction;
  // Of equal magnitude the scales differ by no more than the digits do, so lifting one to the other's scale stays small.
  const scale = Math.max(left.scale, right.scale);
  return sign(left.unscaled * 10n ** BigInt(scale - left.scale), right.unscaled * 10n ** BigInt(scale - right.scale));
}

interface Decimal {
  readonly scale: number;
  readonly unscaled: bigint;
}

function readDecimal(value: Buffer): Decimal {
  return { scale: value.readInt32BE(), unscaled: readVarint(value.subarray(4)) };
}

/** The place of the first digit. */
function magnitudeOf(decimal: Decimal): number {
  const digits = decimal.unscaled.toString().replace('-', '').length;
  return digits - decimal.scale;
}

/** By version, then time-based ones by their time, the rest by their bytes. */
function compareUuids(a: Buffer, b: Buffer): number {
  const [versionA, versionB] = [a[6]! >> 4, b[6]! >> 4];
  if (versionA !== versionB) return versionA - versionB;
  const byTime = versionA === 1 ? sign(uuidTime(a), uuidTime(b)) : 0;
  return byTime !== 0 ? byTime : Buffer.compare(a, b);
}

/** By time, then by the last eight bytes, each taken as a signed one: an old habit of Cassandra that its files rely on. */
function compareTimeUuids(a: Buffer, b: Buffer): number {
  const byTime = sign(uuidTime(a), uuidTime(b));
  if (byTime !== 0) return byTime;
  for (let at = 8; at < 16; at++) if (a[at] !== b[at]) return a.readInt8(at) - b.readInt8(at);
  return 0;
}

/** The bytes of a uuid's time from high to low, with the version's four bits on top. */
function uuidTime(uuid: Buffer): bigint {
  const [low, middle, high] = [uuid.readUInt32BE(0), uuid.readUInt16BE(4), uuid.readUInt16BE(6)];
  return (BigInt(high) << 48n) | (BigInt(middle) << 32n) | BigInt(low);
}

/** As Java's UUID.compareTo: two signed halves. */
function compareLexicalUuids(a: Buffer, b: Buffer): number {
  return sign(a.readBigInt64BE(0), b.readBigInt64BE(0)) || sign(a.readBigInt64BE(8), b.readBigInt64BE(8));
}

/** Field by field; a null field comes before an empty one, and trailing fields that are missing count as null. */
function compareTuples(a: Buffer, b: Buffer, type: CqlType): number {
  const [left, right] = [readElements(a, 0), readElements(b, 0)];
  for (const [index, fieldType] of type.arguments.entries()) {
    const order = compareNullable(left[index], right[index], fieldType);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNullable(a: Buffer | undefined, b: Buffer | undefined, type: CqlType): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareValues(a, b, type);
}

/** Frozen lists, sets and maps: element by element (a map: key, value, key, value), then the shorter one first. */
function compareCollections(a: Buffer, b: Buffer, type: CqlType): number {
  const [left, right] = [readElements(a, 4), readElements(b, 4)];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const order = compareNullable(left[index], right[index], type.arguments[index % type.arguments.length]!);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Values with an int32 length each, from an offset to the end; a negative length is a null. */
export function readElements(value: Buffer, from: number): (Buffer | undefined)[] {
  const elements: (Buffer | undefined)[] = [];
  for (let at = from; at < value.length; ) {
    const length = value.readInt32BE(at);
    elements.push(length < 0 ? undefined : value.subarray(at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  return elements;
}

/** Vectors of fixed-size elements have no lengths inside. */
function compareVectors(a: Buffer, b: Buffer, type: CqlType): number {
  const size = a.length / type.dimension!;
  for (let at = 0; at < a.length; at += size) {
    const order = compareValues(a.subarray(at, at + size), b.subarray(at, at + size), type.arguments[0]!);
    if (order !== 0) return order;
  }
  return 0;
}

function sign<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
