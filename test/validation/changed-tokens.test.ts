import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isInRange, maxToken, minToken } from '../../src/model/token.ts';
import { ChangedTokens } from '../../src/validation/changed-tokens.ts';

// Of a few places, so that neighbours come up too; no key has the smallest token.
const token = fc.oneof(
  fc.bigInt({ min: minToken + 1n, max: maxToken }),
  fc.bigInt({ min: 0n, max: 5n }),
  fc.bigInt({ min: maxToken - 3n, max: maxToken }),
  fc.bigInt({ min: minToken + 1n, max: minToken + 4n }),
);

test('every token that was added lies in exactly one range, however many there are', () => {
  fc.assert(
    fc.property(fc.array(token, { maxLength: 40 }), fc.integer({ min: 1, max: 50 }), (added, most) => {
      const changed = new ChangedTokens(most);
      for (const each of added) changed.add(each);
      const ranges = changed.ranges();

      for (const each of added) expect(ranges.filter((range) => isInRange(each, range))).toHaveLength(1);
      for (const [index, { start, end }] of ranges.entries()) {
        expect(start).toBeLessThan(end);
        if (index > 0) expect(start).toBeGreaterThan(ranges[index - 1]!.end);
      }
    }),
    { numRuns: 500 },
  );
});

test('few tokens are ranges of nothing but themselves, and neighbours one range', () => {
  const changed = new ChangedTokens();
  for (const each of [7n, 3n, 8n, 7n]) changed.add(each);

  expect(changed.ranges()).toEqual([
    { start: 2n, end: 3n },
    { start: 6n, end: 8n },
  ]);
});

test('more tokens than are kept become a bounded number of stretches', () => {
  const changed = new ChangedTokens(100);
  for (let n = 0n; n < 5_000n; n++) changed.add((n * 0x9e37_79b9_7f4a_7c15n) % maxToken);

  expect(changed.ranges().length).toBeLessThanOrEqual(1 << 16);
  expect(changed.ranges().length).toBeGreaterThan(1);
});
