/** Chances that fall the same way for the same seed, so that a run can be told again. */
export interface SeededCoin {
  /** Whether something of this share happens now. */
  falls(share: number): boolean;
  /** From 0 up to and without `limit`. */
  below(limit: number): number;
}

export function seededCoin(seed: number): SeededCoin {
  let state = seed >>> 0;
  return {
    falls: (share) => share > 0 && next() < share,
    below: (limit) => Math.floor(next() * limit),
  };

  // Mulberry32.
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
