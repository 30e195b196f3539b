import { expect, test } from 'vitest';
import { finishRule } from '../../src/capture/finished-segments.ts';
import type { FollowedSegment } from '../../src/capture/follow-log.ts';

function aSegment(id: bigint, part: { isClosed?: boolean; hasData?: boolean } = {}): FollowedSegment {
  const { isClosed = false, hasData = true } = part;
  return { segment: { id, path: `${id}`, isClosed }, hasData, place: undefined, fault: undefined };
}

function idsOf(followed: readonly FollowedSegment[]): readonly bigint[] {
  return followed.map(({ segment }) => segment.id);
}

const second = 1_000_000n;

test('what the node has closed is finished at once', () => {
  const rule = finishRule();
  expect(idsOf(rule.finished([aSegment(1n, { isClosed: true }), aSegment(2n)], 0n))).toEqual([1n]);
});

test('a segment is not finished when the next one begins, but a while after', () => {
  const rule = finishRule(10n * second);
  const switching = [aSegment(1n), aSegment(2n), aSegment(3n, { hasData: false })];
  expect(rule.finished(switching, 100n * second)).toEqual([]);
  expect(rule.finished(switching, 109n * second)).toEqual([]);
  expect(idsOf(rule.finished(switching, 110n * second))).toEqual([1n]);
});

test('an empty spare segment does not finish the one that is written', () => {
  const rule = finishRule(0n);
  expect(rule.finished([aSegment(1n), aSegment(2n, { hasData: false })], 0n)).toEqual([]);
});

test('segments finish in the order of their ids', () => {
  const rule = finishRule();
  const closedBehindOpen = [aSegment(1n), aSegment(2n, { isClosed: true }), aSegment(3n, { hasData: false })];
  expect(rule.finished(closedBehindOpen, 0n)).toEqual([]);
  expect(idsOf(rule.finished(closedBehindOpen, 10n * second))).toEqual([1n, 2n]);
});
