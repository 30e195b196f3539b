import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseReleased, growthOf, levelOf, secondsToFull, shareOf, withSample } from '../../src/capture/fill-level.ts';
import type { Fill } from '../../src/model/agent-state.ts';

const thresholds = { warnAt: 0.5, criticalAt: 0.8 };

function aFill(bytes: number, limitBytes = 100): Fill {
  return { bytes, limitBytes, limitedBy: 'folder cap' };
}

test.each([
  [0, 'ok'],
  [49, 'ok'],
  [50, 'warn'],
  [79, 'warn'],
  [80, 'critical'],
  [130, 'critical'],
])('%i of 100 bytes are %s', (bytes, level) => {
  expect(levelOf(aFill(bytes), thresholds)).toBe(level);
});

test('where nothing may be taken everything is critical', () => {
  expect(levelOf(aFill(0, 0), thresholds)).toBe('critical');
});

function samplesOf(...pairs: readonly (readonly [seconds: number, bytes: number])[]) {
  return pairs.reduce(
    (samples, [seconds, bytes]) => withSample(samples, { atMicros: BigInt(seconds) * 1_000_000n, bytes }),
    [] as ReturnType<typeof withSample>,
  );
}

test('growth is what the last minute brought, so that one whole segment is no flood', () => {
  const samples = samplesOf([0, 0], [10, 32], [20, 32], [60, 64]);
  expect(growthOf(samples)).toBeCloseTo(64 / 60);
  expect(growthOf(withSample(samples, { atMicros: 130_000_000n, bytes: 64 }))).toBe(0);
});

test('nothing is said of growth before some seconds have been seen', () => {
  expect(growthOf(samplesOf([0, 0], [1, 1_000]))).toBe(0);
  expect(growthOf([])).toBe(0);
});

test('the time left is told while the fill grows, and not below zero', () => {
  expect(secondsToFull(aFill(40), 2)).toBe(30);
  expect(secondsToFull(aFill(140), 2)).toBe(0);
  expect(secondsToFull(aFill(40), 0)).toBeUndefined();
  expect(secondsToFull(aFill(40), -2)).toBeUndefined();
});

const segments = [1n, 2n, 3n, 4n].map((id) => ({ id, bytes: 10 }));

test('the oldest segments are released, and no more than it takes to be below critical', () => {
  expect(chooseReleased(segments, aFill(95), thresholds).map(({ id }) => id)).toEqual([1n, 2n]);
  expect(chooseReleased(segments, aFill(79), thresholds)).toEqual([]);
});

test('what gives nothing back is passed on the way to what does', () => {
  const first = { id: 0n, bytes: 0 };
  expect(chooseReleased([first, ...segments], aFill(80), thresholds).map(({ id }) => id)).toEqual([0n, 1n]);
});

test('where all that may be released is not enough, all of it is', () => {
  expect(chooseReleased(segments, aFill(900), thresholds)).toEqual(segments);
});

test('whatever is chosen is a beginning of the list, ends below critical or the list, and would not without its last', () => {
  const sizes = fc.array(fc.nat(50), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.nat(400), (bytes, fill) => {
      const list = bytes.map((size, index) => ({ id: BigInt(index), bytes: size }));
      const chosen = chooseReleased(list, aFill(fill), thresholds);
      const left = (count: number) => shareOf(aFill(fill - bytes.slice(0, count).reduce((sum, size) => sum + size, 0)));
      expect(chosen).toEqual(list.slice(0, chosen.length));
      expect(left(chosen.length) < 0.8 || chosen.length === list.length).toBe(true);
      if (chosen.length > 0) expect(left(chosen.length - 1)).toBeGreaterThanOrEqual(0.8);
    }),
  );
});
