import { expect, test } from 'vitest';
import { openProgress } from '../../src/capture/progress.ts';
import { captureHole } from '../../src/model/capture-hole.ts';

const expected = [7n, 8n].map((id) => ({ id, sinceMs: 1, hasChanges: true }));

function theProgress() {
  return openProgress({
    ...{ node: 'node-1', beganAt: 0n, finishedUpTo: -1n, newest: undefined, places: new Map(), expected },
    ...{ owedHoles: [], owedMarks: [], unbrokenSinceMicros: 0n, claimedMicros: 0n },
  });
}

const aHole = {
  ...{ node: 'node-1', fromSegment: 7n, toSegment: 7n, fromMicros: 1n, toMicros: 9n },
  ...{ tableIds: undefined, reason: 'missing' },
};

test('of a segment that is missed nothing more is expected', () => {
  const progress = theProgress();
  progress.miss(captureHole(aHole));
  expect(progress.position).toMatchObject({ expected: [{ id: 8n }], unbrokenSinceMicros: 9n });
});

test('of a segment in which a record is missed the rest is expected still: were it gone too, that would be another hole', () => {
  const progress = theProgress();
  progress.miss(captureHole({ ...aHole, position: 100 }));
  expect(progress.position).toMatchObject({ expected, unbrokenSinceMicros: 9n });
  progress.miss(captureHole(aHole));
  expect(new Set(progress.position.owedHoles.map(({ id }) => id)).size).toBe(2);
});
