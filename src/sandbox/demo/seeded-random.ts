/** Numbers that are the same for the same seed, so that a run can be told again. */
export interface RandomSource {
  /** From 0 up to and without `limit`. */
  below(limit: number): number;
  chance(share: number): boolean;
  pick<T>(list: readonly T[]): T;
  bytes(count: number): Buffer;
  /** Lower-case letters. */
  word(length: number): string;
}

export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    chance: (share) => next() < share,
    pick: (list) => list[below(list.length)]!,
    bytes: (count) => Buffer.from(Array.from({ length: count }, () => below(256))),
    word: (length) => String.fromCharCode(...Array.from({ length }, () => 97 + below(26))),
  };

  // Mulberry32.
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
