import { digestBytes } from './digest-bytes.ts';
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

function packCells(cells: readonly (Buffer | null)[]): Buffer {
  const bytes = Buffer.allocUnsafe(cells.reduce((sum, cell) => sum + 4 + (cell?.length ?? 0), 0));
  let at = 0;
  for (const cell of cells) {
    at = bytes.writeInt32BE(cell?.length ?? -1, at);
    if (cell) at += cell.copy(bytes, at);
  }
  return bytes;
}
