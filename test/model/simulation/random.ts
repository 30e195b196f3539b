/** A small generator of our own (mulberry32), so that a seed means the same history on every machine and version. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  chance(probability: number): boolean;
  /** In [0, below). */
  int(below: number): number;
  /** In [from, to). */
  micros(from: bigint, to: bigint): bigint;
  pick<T>(choices: readonly T[]): T;
}

export function randomOf(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    micros: (from, to) => from + BigInt(Math.floor(next() * Number(to - from))),
    pick: (choices) => choices[int(choices.length)]!,
  };
}
