import type { AgentPosition, ExpectedSegment } from './agent-position.ts';
import { findHoles } from './find-holes.ts';
import type { NoteHole } from './note-hole.ts';
import type { Progress } from './progress.ts';

export interface WatchParts {
  readonly progress: Progress;
  readonly noteHole: NoteHole;
  /** Segments that are read just now: one whose last link goes stays readable, so it is not missed. */
  readonly isOpen: (segment: bigint) => boolean;
}

export interface Sight {
  readonly atMicros: bigint;
  /** Unfinished segments that can be read now, ascending. */
  readonly ids: readonly bigint[];
  /** Ids of segments with changes that we want and cannot read: once they are gone, so are these. */
  readonly unlinked?: readonly bigint[];
  /** Whether a segment may hold changes that we want: it must then stay until it is finished. */
  readonly hasChanges: (segment: bigint) => boolean;
  /** The look before this one was complete and a moment ago. */
  readonly wasWatching: boolean;
  /** Every id that the node ever used was to be seen here: one that was not is missed. */
  readonly areIdsConsecutive: boolean;
}

/** Compares what is there with what must be there: what vanished, and what came and went unseen, is a hole. */
export function watchSegments({ progress, noteHole, isOpen }: WatchParts, sight: Sight): void {
  const before = progress.position;
  // While the folder was listed one of them may have been finished: it is gone by right.
  const ids = sight.ids.filter((id) => id > before.finishedUpTo);
  const fresh = ids.filter((id) => before.newest === undefined || id > before.newest.id);
  const unlinked = sight.unlinked ?? [];
  const all = [...ids, ...unlinked];
  noteVanished(before, all, { noteHole, isOpen });
  if (sight.areIdsConsecutive) noteUnseen(before, fresh, sight.wasWatching, noteHole);
  const expected = nowExpected(
    before,
    progress.position.expected,
    { ids: all, hasChanges: (id) => unlinked.includes(id) || sight.hasChanges(id) },
    isOpen,
  );
  if (expected !== undefined) progress.expect(expected);
  const last = fresh.at(-1);
  if (last !== undefined) progress.saw({ id: last, seenAtMs: Number(sight.atMicros / 1000n) });
}

function noteVanished(
  { expected }: AgentPosition,
  ids: readonly bigint[],
  { noteHole, isOpen }: Pick<WatchParts, 'noteHole' | 'isOpen'>,
): void {
  const present = new Set(ids);
  for (const { id, sinceMs, hasChanges } of expected) {
    if (!hasChanges || present.has(id) || isOpen(id)) continue;
    const fromMicros = microsOf(sinceMs);
    noteHole({
      fromSegment: id,
      toSegment: id,
      fromMicros,
      tableIds: undefined,
      reason: 'vanished before it was read',
    });
  }
}

function noteUnseen(before: AgentPosition, fresh: readonly bigint[], wasWatching: boolean, noteHole: NoteHole): void {
  for (const hole of findHoles(before.newest, fresh, wasWatching))
    noteHole({
      ...hole,
      fromMicros: microsOf(lastSightMs(before)),
      tableIds: undefined,
      reason: 'came and went unseen by the agent',
    });
}

/** Undefined when nothing has changed, as after nearly every look. */
function nowExpected(
  before: AgentPosition,
  expected: readonly ExpectedSegment[],
  { ids, hasChanges }: Pick<Sight, 'ids' | 'hasChanges'>,
  isOpen: (segment: bigint) => boolean,
): readonly ExpectedSegment[] | undefined {
  const known = new Map(expected.map((segment) => [segment.id, segment]));
  const present = ids.map((id): ExpectedSegment => {
    const old = known.get(id);
    // A node makes one segment after the other, so nothing in a new one is older than the first sight of those before.
    const sinceMs = old?.sinceMs ?? lastSightMs(before);
    const may = old?.hasChanges === true || hasChanges(id);
    return old?.hasChanges === may ? old : { id, sinceMs, hasChanges: may };
  });
  const presentIds = new Set(ids);
  const beingRead = expected.filter(({ id }) => !presentIds.has(id) && isOpen(id));
  const now = [...beingRead, ...present].sort((a, b) => (a.id < b.id ? -1 : 1));
  const isSame = now.length === expected.length && now.every((segment, index) => segment === expected[index]);
  return isSame ? undefined : now;
}

function lastSightMs({ newest, unbrokenSinceMicros }: AgentPosition): number {
  return newest?.seenAtMs ?? Number(unbrokenSinceMicros / 1000n);
}

function microsOf(ms: number): bigint {
  return BigInt(Math.floor(ms)) * 1000n;
}
