import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  holdWholeRing,
  isInRange,
  maxToken,
  minToken,
  rangesOfRing,
  splitRange,
  tokenOf,
  topicPartitionOf,
  unwrapRange,
} from '../../src/model/token.ts';

const { Murmur3Tokenizer } = createRequire(import.meta.url)('cassandra-driver/lib/tokenizer.js');

test("a key's token is the one that the driver computes", () => {
  const driver = new Murmur3Tokenizer();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 70 }), (bytes) => {
      const key = Buffer.from(bytes);
      expect(tokenOf(key).toString()).toBe(driver.hash(key).getValue().toString());
    }),
    { numRuns: 2000 },
  );
});

test('every token lies in exactly one range of the ring, however often it is split', () => {
  const token = fc.bigInt({ min: minToken + 1n, max: maxToken });
  fc.assert(
    fc.property(fc.array(token, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), token, (ring, count, wanted) => {
      const pieces = rangesOfRing(ring).flatMap((range) => splitRange(range, count));
      expect(pieces.filter((piece) => isInRange(wanted, piece))).toHaveLength(1);
    }),
  );
});

test('a range over the end of the ring holds what lies above its first or up to its second token, and nothing twice', () => {
  const end = fc.oneof(fc.bigInt({ min: minToken, max: maxToken }), fc.constantFrom(minToken, minToken + 1n, maxToken));
  const token = fc.oneof(end, fc.constantFrom(-1n, 0n, maxToken - 1n)).filter((each) => each > minToken);
  fc.assert(
    fc.property(end, end, token, (first, second, wanted) => {
      const isIn = first < second ? wanted > first && wanted <= second : wanted > first || wanted <= second;
      const ranges = unwrapRange(first, second);
      expect(ranges.filter((range) => isInRange(wanted, range))).toHaveLength(isIn ? 1 : 0);
      for (const { start, end: last } of ranges) expect(last).toBeGreaterThan(start);
    }),
  );
});

test('the ring is held by the pieces of all its parts, and no longer when one is missing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: minToken, max: maxToken })),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      (ring, count, which) => {
        const pieces = rangesOfRing(ring).flatMap((range) => splitRange(range, count));
        const missing = which % pieces.length;
        expect(holdWholeRing([...pieces, { start: -7n, end: 7n }].reverse())).toBe(true);
        expect(holdWholeRing(pieces.filter((_, index) => index !== missing))).toBe(false);
      },
    ),
  );
  expect(holdWholeRing([])).toBe(false);
});

test('tokens spread over all partitions of a topic and stay inside them', () => {
  expect(topicPartitionOf(minToken, 8)).toBe(0);
  expect(topicPartitionOf(maxToken, 8)).toBe(7);
  expect(topicPartitionOf(0n, 8)).toBe(4);
});
