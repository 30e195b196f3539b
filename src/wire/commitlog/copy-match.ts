/**
 * Repeats `length` bytes that stand `distance` before `at`, the step that LZ4 and Snappy share; returns the new end.
 * The two stretches may overlap, which is how a short pattern becomes a long run. Throws a RangeError outside the output.
 */
export function copyMatch(out: Buffer, at: number, distance: number, length: number): number {
  if (distance === 0 || distance > at || at + length > out.length)
    throw new RangeError(`a match at ${at} leaves the output`);
  const end = at + length;
  if (distance >= length) out.copyWithin(at, at - distance, end - distance);
  else for (let i = at; i < end; i++) out[i] = out[i - distance]!;
  return end;
}
