import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRange, maxToken, minToken } from '../../src/model/token.ts';
import { tokenFilter } from '../../src/validation/token-filter.ts';

const token = fc.oneof(
  fc.bigInt({ min: minToken, max: maxToken }),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.constantFrom(minToken, minToken + 1n, maxToken),
);
const range = fc.tuple(token, token).map(([a, b]) => (a < b ? { start: a, end: b } : { start: b, end: a }));

test('a token is let through where one of the ranges has it, however they overlap', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), fc.array(token), (ranges, tokens) => {
      const isWanted = tokenFilter(ranges);
      const borders = ranges.flatMap(({ start, end }) => [start, end]);
      for (const each of [...tokens, ...borders])
        expect(isWanted(each)).toBe(ranges.some((one) => isInRange(each, one)));
    }),
    { numRuns: 500 },
  );
});
