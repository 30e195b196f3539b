import { expect, test } from 'vitest';
import type { Difference } from '../../src/model/difference.ts';
import { likelyReason, type WriteTimes } from '../../src/validation/likely-reason.ts';

const handOver = 1_700_000_000_000_000n;
const before = handOver - 1_000_000n;
const after = handOver + 1_000_000n;

const cases: readonly [Difference['kind'], Partial<WriteTimes>, RegExp][] = [
  ['missing', { source: before }, /22:13:19.000Z, before the hand-over.*loaded later.*deleted it on the target/],
  ['missing', { source: after }, /22:13:21.000Z, after the hand-over, and not captured or not applied/],
  ['missing', {}, /the source was written unseen/],
  ['extra', { target: after }, /deleted it unseen, or somebody wrote it to the target at 2023-11-14T22:13:21.000Z/],
  ['extra', {}, /somebody wrote it to the target$/],
  ['mismatch', { source: after, target: after }, /a tie/],
  ['mismatch', { source: before, target: after }, /the target was written at .*21.000Z, the source at .*19.000Z/],
  ['mismatch', { target: after }, /the source not: somebody else writes to the target, or a delete was not seen/],
  ['mismatch', { source: after, target: before }, /after the hand-over, and not captured or not applied$/],
  ['mismatch', { source: 2n ** 63n - 1n, target: before }, /written at 9223372036854775807 µs/],
  ['pending', {}, /on its way/],
];

test.each(cases)('%s with %o', (kind, times, expected) => {
  expect(likelyReason({ kind, columns: [] }, { source: undefined, target: undefined, ...times }, handOver)).toMatch(
    expected,
  );
});

test('of equal values that end at other times it says so', () => {
  const times = { source: before, target: before };
  expect(likelyReason({ kind: 'mismatch', columns: ['TTL(a)', 'TTL(b)'] }, times, handOver)).toMatch(/when it ends/);
  expect(likelyReason({ kind: 'mismatch', columns: ['TTL(a)', 'b'] }, times, handOver)).toMatch(/a tie/);
});
