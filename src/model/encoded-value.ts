import { type CqlType, isMulticell } from './cql-type.ts';
import { sumOf } from './sum-of.ts';

/*
 * How Amazon Keyspaces counts the bytes of a value: Developer Guide, "Estimate row size"; ±5 %, by which the guide's own examples differ for one
 * row.
 */

/** What of a table in Amazon Keyspaces takes room beside the values. */
export interface CellOverhead {
  readonly hasTimestamps: boolean;
  readonly hasTtl: boolean;
  /** In which the keyspace has replicas: a counter keeps a part for each. */
  readonly regions: number;
}

/** Of a column's identifier, which stands before each of its values. */
export function idBytesOf(columnCount: number): number {
  return Math.ceil(columnCount / columnsAnIdByte);
}

const columnsAnIdByte = 62;

/** Stored twice. */
export function encodedPartitionKeyBytes(value: Buffer, type: CqlType): number {
  return 2 * valueBytes(value, type) + partitionKeyMetadata;
}

const partitionKeyMetadata = 3;

/** Stored twice, with a byte of metadata for five of the value. */
export function encodedClusteringBytes(value: Buffer, type: CqlType): number {
  const size = valueBytes(value, type);
  return 2 * size + Math.ceil(size / 5);
}

/** Of a column outside the key; null: a value that is taken away. */
export function encodedCellBytes(value: Buffer | null, type: CqlType, overhead: CellOverhead): number {
  if (value !== null && isMulticell(type)) {
    const parts = partsOf(value, type);
    return collectionMetadata + sumOf(parts) + overheadOf(type, parts.length, overhead);
  }
  return valueBytes(value, type) + overheadOf(type, 0, overhead);
}

const collectionMetadata = 3;
const partMetadata = 1;
const fieldId = 1;

function valueBytes(value: Buffer | null, type: CqlType): number {
  if (value === null || type.name === 'boolean') return 1;
  if (numbers.has(type.name)) return numberBytes(value);
  // What is frozen is its CQL bytes, whatever is nested in it.
  return type.arguments.length > 0 ? collectionMetadata + value.length : value.length;
}

const numbers = new Set(['tinyint', 'smallint', 'int', 'bigint', 'varint', 'counter']);

/** A byte for two digits, and one more. */
function numberBytes(value: Buffer): number {
  return 1 + Math.ceil(digitsOf(value) / 2);
}

function digitsOf(value: Buffer): number {
  if (value.length > 8) return Math.ceil(value.length * 8 * Math.log10(2));
  const whole = wholeNumber(value).toString();
  return whole.startsWith('-') ? whole.length - 1 : whole.length;
}

function wholeNumber(value: Buffer): number | bigint {
  if (value.length === 8) return value.readBigInt64BE();
  if (value.length === 7) return BigInt.asIntN(56, BigInt(`0x${value.toString('hex')}`));
  return value.length === 0 ? 0 : value.readIntBE(0, value.length);
}

/** Bytes of each element of a non-frozen list or set, of each entry of a map, and of each field of a user-defined type. */
function partsOf(value: Buffer, type: CqlType): readonly number[] {
  if (type.name === 'udt') {
    const fields = lengthPrefixed(value, 0);
    return type.arguments.map((inner, index) => partMetadata + fieldId + valueBytes(fields[index] ?? null, inner));
  }
  const cells = lengthPrefixed(value, 4);
  const width = type.arguments.length;
  return Array.from({ length: Math.ceil(cells.length / width) }, (_, part) => {
    const own = cells.slice(part * width, (part + 1) * width);
    return partMetadata + sumOf(own.map((cell, index) => valueBytes(cell, type.arguments[index]!)));
  });
}

function lengthPrefixed(bytes: Buffer, from: number): readonly (Buffer | null)[] {
  const cells: (Buffer | null)[] = [];
  for (let at = from; at + 4 <= bytes.length; ) {
    const length = bytes.readInt32BE(at);
    at += 4;
    cells.push(length < 0 ? null : bytes.subarray(at, at + length));
    at += Math.max(0, length);
  }
  return cells;
}

/** What client-side timestamps and TTL add to a column of so many elements. */
function overheadOf(type: CqlType, parts: number, { hasTimestamps, hasTtl, regions }: CellOverhead): number {
  if (type.name === 'counter') return regions === 1 ? 51 : 25 + 26 * regions;
  const rule = isMulticell(type) ? overheads[type.name]! : overheads.scalar!;
  const [each, once] = hasTimestamps && hasTtl ? rule.both : hasTimestamps ? rule.stamps : hasTtl ? rule.ttl : [0, 0];
  return each * parts + once;
}

type OverheadRule = Readonly<Record<'stamps' | 'ttl' | 'both', readonly [each: number, once: number]>>;

const ofPairs: OverheadRule = { stamps: [17, 26], ttl: [15, 7], both: [26, 26] };

const overheads: Readonly<Record<string, OverheadRule>> = {
  scalar: { stamps: [0, 18], ttl: [0, 16], both: [0, 27] },
  list: { stamps: [30, 19], ttl: [15, 0], both: [39, 19] },
  set: { stamps: [14, 26], ttl: [12, 7], both: [23, 26] },
  map: ofPairs,
  udt: ofPairs,
};
