import type { ByteReader } from './byte-reader.ts';

/** Reads which of the listed columns a row has; the list itself when it has them all. */
export function readColumnSubset<T>(reader: ByteReader, listed: readonly T[]): readonly T[] {
  return listed.length < 64 ? readBitmap(reader, listed) : readIndexes(reader, listed);
}

/** Below 64 columns: a bitmap in which a 1 means that the column is missing. */
function readBitmap<T>(reader: ByteReader, listed: readonly T[]): readonly T[] {
  const missing = reader.vint64();
  if (missing === 0n) return listed;
  if (missing >> BigInt(listed.length) !== 0n) throw reader.corrupt(`a bitmap of more than ${listed.length} columns`);
  // Two halves as numbers: shifting a bigint for every column would dominate decoding.
  const low = Number(missing & 0xffff_ffffn);
  const high = Number(missing >> 32n);
  return listed.filter((_, index) => (((index < 32 ? low : high) >>> (index & 31)) & 1) === 0);
}

/** From 64 columns on: the indexes of the missing ones, or of the present ones where those are the fewer half. */
function readIndexes<T>(reader: ByteReader, listed: readonly T[]): readonly T[] {
  const missing = reader.vint();
  if (missing === 0) return listed;
  const present = listed.length - missing;
  if (present < 0) throw reader.corrupt(`${missing} of ${listed.length} columns missing`);
  if (present < Math.floor(listed.length / 2))
    return takeIndexes(reader, present, listed.length).map((index) => listed[index]!);
  const gone = new Set(takeIndexes(reader, missing, listed.length));
  return listed.filter((_, index) => !gone.has(index));
}

function takeIndexes(reader: ByteReader, count: number, limit: number): readonly number[] {
  const indexes: number[] = [];
  for (let i = 0; i < count; i++) {
    const index = reader.vint();
    if (index >= limit) throw reader.corrupt(`column ${index} of ${limit}`);
    indexes.push(index);
  }
  return indexes;
}
