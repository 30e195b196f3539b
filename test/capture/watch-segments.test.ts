import { expect, test } from 'vitest';
import type { AgentPosition } from '../../src/capture/agent-position.ts';
import { holeNoter } from '../../src/capture/note-hole.ts';
import { openProgress } from '../../src/capture/progress.ts';
import { type Sight, watchSegments } from '../../src/capture/watch-segments.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { aClock } from '../support/a-clock.ts';

/** Microseconds of second `n`. */
const at = (n: number) => BigInt(n) * 1_000_000n;

/** An agent's books after it has seen segment 1 at second 100. */
function aWatch(part: Partial<AgentPosition> = {}) {
  const open = new Set<bigint>();
  const reports: ProgressEvent[] = [];
  const progress = openProgress({
    node: 'n1',
    beganAt: 1n,
    finishedUpTo: 0n,
    newest: { id: 1n, seenAtMs: 100_000 },
    places: new Map(),
    expected: [],
    owedHoles: [],
    owedMarks: [],
    unbrokenSinceMicros: at(90),
    claimedMicros: 0n,
    ...part,
  });
  const settings = { node: 'n1' };
  const noteHole = holeNoter({ settings, progress, clock: aClock(at(500)), report: (event) => reports.push(event) });
  const watch = { progress, noteHole, isOpen: (id: bigint) => open.has(id) };
  const see = (second: number, ids: readonly bigint[], sight: Partial<Sight> = {}) =>
    watchSegments(watch, {
      atMicros: at(second),
      ids,
      hasChanges: () => true,
      wasWatching: true,
      areIdsConsecutive: true,
      ...sight,
    });
  const holes = () => progress.position.owedHoles.map(({ fromSegment, toSegment }) => [fromSegment, toSegment]);
  return { progress, open, reports, see, holes };
}

test('a segment that is gone before it was finished is a hole from when it was made, and told once', () => {
  const { see, progress, reports } = aWatch();
  see(110, [1n, 2n]);
  see(120, [1n, 2n, 3n]);
  see(130, [1n, 3n]);
  see(140, [1n, 3n]);
  expect(progress.position.owedHoles).toMatchObject([
    { fromSegment: 2n, toSegment: 2n, fromMicros: at(100), tableIds: undefined, reason: 'vanished before it was read' },
  ]);
  expect(progress.position.owedHoles[0]!.toMicros).toBeGreaterThan(at(500));
  expect(progress.position.unbrokenSinceMicros).toBeGreaterThan(at(500));
  expect(reports).toHaveLength(1);
});

test('a segment that is finished may go', () => {
  const { see, progress, holes } = aWatch();
  see(110, [1n, 2n]);
  progress.finish(1n);
  see(120, [2n]);
  expect(holes()).toEqual([]);
});

test('a segment that was finished while the folder was listed may go too', () => {
  const { see, progress, holes } = aWatch();
  see(110, [1n, 2n]);
  progress.finish(1n);
  see(120, [1n, 2n]);
  see(130, [2n]);
  expect(holes()).toEqual([]);
});

test('a segment that goes while it is read is missed only once nobody has it open', () => {
  const { see, open, holes } = aWatch();
  see(110, [1n, 2n]);
  open.add(1n);
  see(120, [2n]);
  see(130, [2n]);
  expect(holes()).toEqual([]);
  open.delete(1n);
  see(140, [2n]);
  expect(holes()).toEqual([[1n, 1n]]);
});

test('a segment without changes that we want may go unread, until it has some', () => {
  const { see, holes } = aWatch();
  see(110, [1n, 2n], { hasChanges: () => false });
  see(120, [2n, 3n], { hasChanges: (id) => id === 2n });
  expect(holes()).toEqual([]);
  see(130, [3n], { hasChanges: () => false });
  expect(holes()).toEqual([[2n, 2n]]);
});

test('what a segment holds is not older than the first sight of those before it, though its changes are seen later', () => {
  const { see, progress } = aWatch();
  see(110, [1n, 2n], { hasChanges: () => false });
  see(120, [1n, 2n, 3n], { hasChanges: () => false });
  see(130, [1n, 2n, 3n]);
  expect(progress.position.expected).toEqual([
    { id: 1n, sinceMs: 100_000, hasChanges: true },
    { id: 2n, sinceMs: 100_000, hasChanges: true },
    { id: 3n, sinceMs: 110_000, hasChanges: true },
  ]);
});

test('ids that came and went unseen are a hole from the last sight on, where every id was to be seen', () => {
  const gap = aWatch();
  gap.see(110, [1n, 5n]);
  expect(gap.holes()).toEqual([[2n, 4n]]);
  expect(gap.progress.position.owedHoles[0]).toMatchObject({ fromMicros: at(100) });
  const cdc = aWatch();
  cdc.see(110, [1n, 5n], { areIdsConsecutive: false });
  expect(cdc.holes()).toEqual([]);
});

test('an agent that was away misses what it expected and is gone, whatever its process remembers', () => {
  const { see, holes } = aWatch({ expected: [{ id: 1n, sinceMs: 95_000, hasChanges: true }] });
  see(110, [2n], { wasWatching: false });
  expect(holes()).toEqual([[1n, 1n]]);
});

test('a look that shows nothing new changes nothing that would have to be saved', () => {
  const { see, progress } = aWatch();
  see(110, [1n, 2n]);
  const { changes } = progress;
  see(111, [1n, 2n]);
  expect(progress.changes).toBe(changes);
});
