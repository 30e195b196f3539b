import { maxToken, minToken, type TokenRange } from '../model/token.ts';

/** More tokens than these are remembered as stretches of the ring: memory stays bounded, and more is read than has changed. */
const mostExact = 50_000;
const stretchBits = 48n;

/** Which tokens of a table have changed, in bounded memory; knows at least all that were added. */
export class ChangedTokens {
  #exact: Set<bigint> | undefined = new Set();
  readonly #stretches = new Set<bigint>();
  readonly #most: number;

  constructor(most = mostExact) {
    this.#most = most;
  }

  add(token: bigint): void {
    if (!this.#exact) {
      this.#stretches.add(stretchOf(token));
      return;
    }
    this.#exact.add(token);
    if (this.#exact.size <= this.#most) return;
    for (const each of this.#exact) this.#stretches.add(stretchOf(each));
    this.#exact = undefined;
  }

  /** Disjoint stretches in the order of the ring; neighbours are one. */
  ranges(): readonly TokenRange[] {
    const ranges = this.#exact ? [...this.#exact].map(rangeOfToken) : [...this.#stretches].map(rangeOfStretch);
    return joinRanges(ranges);
  }
}

function stretchOf(token: bigint): bigint {
  return (token - minToken) >> stretchBits;
}

// (start, end]: the smallest token belongs to no key, so nothing is lost at the ring's beginning.
function rangeOfToken(token: bigint): TokenRange {
  return { start: token > minToken ? token - 1n : minToken, end: token };
}

function rangeOfStretch(stretch: bigint): TokenRange {
  const first = minToken + (stretch << stretchBits);
  const last = first + (1n << stretchBits) - 1n;
  return { start: first > minToken ? first - 1n : minToken, end: last > maxToken ? maxToken : last };
}

/** The same part of the ring as disjoint ranges in its order. */
export function joinRanges(ranges: readonly TokenRange[]): readonly TokenRange[] {
  const joined: TokenRange[] = [];
  for (const range of ranges.toSorted((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = joined.at(-1);
    if (!last || last.end < range.start) joined.push(range);
    else if (last.end < range.end) joined[joined.length - 1] = { start: last.start, end: range.end };
  }
  return joined;
}
