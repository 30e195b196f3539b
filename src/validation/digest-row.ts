import { digestBytes } from './digest-bytes.ts';
import { packCells } from './packed-rows.ts';
import type { RowImage } from './row-image.ts';

/** The digest of a row's packed bytes, put together from its cells; null, empty and absent values differ from one another. */
export function digestRow({ key, values }: RowImage): bigint {
  return digestBytes(packCells([...key.partitionKey, ...key.clustering, ...values]));
}

export function addDigests(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(128, a + b);
}

export function subtractDigests(a: bigint, b: bigint): bigint {
  return BigInt.asUintN(128, a - b);
}

export function digestText(digest: bigint): string {
  return digest.toString(16).padStart(32, '0');
}
