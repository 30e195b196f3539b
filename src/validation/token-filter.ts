import type { TokenRange } from '../model/token.ts';
import { joinRanges } from './changed-tokens.ts';

/** Whether a token lies in one of these ranges, of which there may be tens of thousands. */
export function tokenFilter(ranges: readonly TokenRange[]): (token: bigint) => boolean {
  const joined = joinRanges(ranges);
  return (token) => {
    let [low, high] = [0, joined.length];
    // The first range that does not end before the token.
    while (low < high) {
      const middle = (low + high) >> 1;
      if (joined[middle]!.end < token) low = middle + 1;
      else high = middle;
    }
    return low < joined.length && joined[low]!.start < token;
  };
}
