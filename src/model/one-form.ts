import type { CqlType } from './cql-type.ts';
import { readVarint, writeVarint } from './varint.ts';

/**
 * Of all encodings that are the same clustering value to Cassandra, one: a decimal without zeros at its end, a varint without bytes
 * that say nothing. Writes of 1.0 and 1.00 go to one row, and a server may answer either as its key.
 * Values within tuples and collections stay as they are.
 */
export function oneForm(value: Buffer, type: CqlType): Buffer {
  if (value.length === 0) return value;
  if (type.name === 'varint') return writeVarint(readVarint(value));
  return type.name === 'decimal' ? withoutZeros(value) : value;
}

const zero = Buffer.alloc(5);
const leastScale = -0x8000_0000;

function withoutZeros(value: Buffer): Buffer {
  let scale = value.readInt32BE();
  let unscaled = readVarint(value.subarray(4));
  if (unscaled === 0n) return zero;
  for (; unscaled % 10n === 0n && scale > leastScale; scale--) unscaled /= 10n;
  const head = Buffer.alloc(4);
  head.writeInt32BE(scale);
  return Buffer.concat([head, writeVarint(unscaled)]);
}
