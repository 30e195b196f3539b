import { hash } from 'node:crypto';
import type { RowImage } from './row-image.ts';

/** 128 bits of a hash over key and values; null, empty and absent values differ from one another. */
export function digestRow(image: RowImage): bigint {
  const { partitionKey, clustering } = image.key;
  const hex = hash('sha256', joinWithLengths([partitionKey, clustering, image.values]), 'buffer');
  return (hex.readBigUInt64BE(0) << 64n) | hex.readBigUInt64BE(8);
}

/** Sums of digests do not depend on the order of rows or splits. */
export function addDigests(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(128, a + b);
}

export function subtractDigests(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(128, a - b);
}

export function digestText(digest: bigint): string {
  return digest.toString(16).padStart(32, '0');
}

// The count before each part and the length before each value keep different rows from having the same bytes.
function joinWithLengths(parts: readonly (readonly (Buffer | null)[])[]): Buffer {
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + 4 + part.reduce(addSize, 0), 0));
  let at = 0;
  for (const part of parts) {
    at = bytes.writeInt32BE(part.length, at);
    for (const value of part) {
      at = bytes.writeInt32BE(value?.length ?? -1, at);
      if (value) at += value.copy(bytes, at);
    }
  }
  return bytes;
}

function addSize(sum: number, value: Buffer | null): number {
  return sum + 4 + (value?.length ?? 0);
}
