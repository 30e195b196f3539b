import { lowerBound } from '../model/lower-bound.ts';
import type { TokenRange } from '../model/token.ts';
import { joinRanges } from './changed-tokens.ts';

/** Whether a token lies in one of these ranges, of which there may be tens of thousands. */
export function tokenFilter(ranges: readonly TokenRange[]): (token: bigint) => boolean {
  const joined = joinRanges(ranges);
  return (token) => {
    const range = joined[lowerBound(joined, ({ end }) => end < token)];
    return range !== undefined && range.start < token;
  };
}
