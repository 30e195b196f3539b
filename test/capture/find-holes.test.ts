import { expect, test } from 'vitest';
import { findHoles } from '../../src/capture/find-holes.ts';

const newest = { id: 1_000n, seenAtMs: 5_000 };

test('consecutive ids leave no hole, whether the agent was watching or away', () => {
  expect(findHoles(newest, [1_001n, 1_002n], true)).toEqual([]);
  expect(findHoles(newest, [1_001n, 1_002n], false)).toEqual([]);
});

test('an agent that begins knows nothing it could have missed', () => {
  expect(findHoles(undefined, [7n, 8n], false)).toEqual([]);
});

test('ids that are missing within one start of the node are a hole', () => {
  expect(findHoles(newest, [1_003n, 1_004n], true)).toEqual([{ fromSegment: 1_001n, toSegment: 1_002n }]);
  expect(findHoles(newest, [1_001n, 1_004n], true)).toEqual([{ fromSegment: 1_002n, toSegment: 1_003n }]);
});

test('a jump above the clock at which the newest segment appeared is a restart of the node, if the agent was watching', () => {
  expect(findHoles(newest, [9_000n, 9_001n], true)).toEqual([]);
});

test('a jump that the agent did not watch is a hole: any number of segments may have come and gone', () => {
  expect(findHoles(newest, [9_000n], false)).toEqual([{ fromSegment: 1_001n, toSegment: 8_999n }]);
});

test('of two jumps at once only the first can be a restart that was watched', () => {
  expect(findHoles(newest, [9_000n, 9_005n], true)).toEqual([{ fromSegment: 9_001n, toSegment: 9_004n }]);
});
