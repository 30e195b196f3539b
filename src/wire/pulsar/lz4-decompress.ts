/** Reads one raw LZ4 block that holds exactly `size` bytes; throws a RangeError on anything else. */
export function lz4Decompress(block: Uint8Array, size: number): Buffer {
  // A byte adds 255 to a length at most. Known before memory is taken for it.
  if (size > (block.length + 1) * 255) throw new RangeError(`LZ4: ${block.length} bytes cannot hold ${size}`);
  const out = Buffer.allocUnsafe(size);
  const [words, blockWords] = [wordsOf(out), wordsOf(block)];
  let from = 0;
  let to = 0;

  function extendedLength(nibble: number): number {
    if (nibble < 15) return nibble;
    let length = nibble;
    for (;;) {
      const more = block[from++];
      if (more === undefined) throw new RangeError('LZ4: the block ends within a length');
      length += more;
      if (more < 255) return length;
    }
  }

  while (from < block.length) {
    const token = block[from++]!;
    const literals = extendedLength(token >>> 4);
    if (from + literals > block.length || to + literals > size) throw new RangeError('LZ4: literals run over the end');
    if (literals > bulkFrom) out.set(block.subarray(from, from + literals), to);
    else copyShort(block, blockWords, from, out, words, to, literals);
    from += literals;
    to += literals;
    if (from === block.length) break; // the last sequence has no match
    const distance = block[from]! | (block[from + 1]! << 8);
    from += 2;
    const length = extendedLength(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > size) throw new RangeError('LZ4: a match outside of the data');
    copyMatch(out, words, to, distance, length);
    to += length;
  }
  if (to !== size) throw new RangeError(`LZ4: ${to} bytes, expected ${size}`);
  return out;
}

/** A bulk copy has a price of its own, which a short loop has not. */
const bulkFrom = 64;

export function wordsOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}

/** A match may overlap what it writes (a run): more than one byte at a time is right only when it is far enough away. */
export function copyMatch(out: Buffer, words: DataView, to: number, distance: number, length: number): void {
  if (distance < 4) for (let i = to; i < to + length; i++) out[i] = out[i - distance]!;
  else if (length > bulkFrom && distance >= length) out.copyWithin(to, to - distance, to - distance + length);
  else copyShort(out, words, to - distance, out, words, to, length);
}

/** Four bytes a step, in order, then one by one. */
function copyShort(
  source: Uint8Array,
  sourceWords: DataView,
  from: number,
  out: Buffer,
  words: DataView,
  to: number,
  length: number,
): void {
  let i = 0;
  for (; i + 4 <= length; i += 4) words.setInt32(to + i, sourceWords.getInt32(from + i));
  for (; i < length; i++) out[to + i] = source[from + i]!;
}
