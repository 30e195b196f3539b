import { expect, test } from 'vitest';
import {
  decideChange,
  decidePart,
  floorOf,
  handOverMarginMicros,
  isFloorSpent,
  listTimestamp,
  mayDropCopy,
  recopyTimestamp,
  repairTimestamp,
  keyspacesWindow as window,
} from '../../src/model/write-timestamp.ts';

const hour = 3_600_000_000n;
const now = 1000n * hour;

test('a floor is the read instant minus the window without its reserve', () => {
  expect(floorOf(now, window)).toBe(now - 44n * hour);
});

test('a change is applied directly only above the hand-over with its margin and above the floor of now', () => {
  const decide = (micros: bigint, handOverMicros: bigint) =>
    decidePart({ handOverMicros, nowMicros: now, window }, micros);
  expect(decide(now - hour + handOverMarginMicros, now - hour)).toBe('recopy');
  expect(decide(now - hour + handOverMarginMicros + 1n, now - hour)).toBe('apply');
  expect(decide(now - 44n * hour, 0n)).toBe('recopy');
  expect(decide(now - 44n * hour + 1n, 0n)).toBe('apply');
});

test('one old part, or one the target would refuse as too far ahead, makes a change a recopy', () => {
  const context = { handOverMicros: 0n, nowMicros: now, window };
  expect(decideChange({ ...context, oldestMicros: now - 45n * hour, newestMicros: now })).toBe('recopy');
  expect(decideChange({ ...context, oldestMicros: now, newestMicros: now + window.futureMicros + 1n })).toBe('recopy');
  expect(decideChange({ ...context, oldestMicros: now, newestMicros: now + window.futureMicros })).toBe('apply');
});

test('a copy is dropped only if both it and the first are applied directly and the row is not in doubt', () => {
  const sure = { isReadAgain: false };
  expect(mayDropCopy({ first: 'apply', own: 'apply', ...sure })).toBe(true);
  expect(mayDropCopy({ first: 'recopy', own: 'recopy', ...sure })).toBe(false);
  expect(mayDropCopy({ first: 'apply', own: 'recopy', ...sure })).toBe(false);
  expect(mayDropCopy({ first: 'apply', own: 'apply', isReadAgain: true })).toBe(false);
});

test('recopies of one key rise even when the clock does not', () => {
  const first = recopyTimestamp(now, undefined, window);
  expect(first).toBe(floorOf(now, window));
  expect(recopyTimestamp(now - hour, first, window)).toBe(first + 1n);
});

test('a floor is spent three hours after its read, an hour before the target would refuse it', () => {
  expect(isFloorSpent(floorOf(now, window), now + 3n * hour - 1n, window)).toBe(false);
  expect(isFloorSpent(floorOf(now, window), now + 3n * hour, window)).toBe(true);
});

test('a repair is above what the target has and what the source wrote, never above now or below the floor', () => {
  const repair = { readAtMicros: now, nowMicros: now, useReadInstant: false, window };
  const stamp = (sourceWriteMicros: bigint | undefined, targetWriteMicros: bigint | undefined) =>
    repairTimestamp({ ...repair, sourceWriteMicros, targetWriteMicros });
  expect(stamp(now - 3n * hour, now - 2n * hour)).toBe(now - 2n * hour + 1n);
  expect(stamp(now - hour, now - 2n * hour)).toBe(now - hour);
  expect(stamp(undefined, undefined)).toBe(floorOf(now, window));
  expect(stamp(now + hour, undefined)).toBe(now);
  expect(repairTimestamp({ ...repair, sourceWriteMicros: 1n, targetWriteMicros: 1n, useReadInstant: true })).toBe(now);
});

test('a list is written above the read, the event and the list written before', () => {
  expect([listTimestamp(5n, 3n, undefined), listTimestamp(5n, 9n, 7n), listTimestamp(5n, 9n, 20n)]).toEqual([
    7n,
    11n,
    22n,
  ]);
});
