import { join } from 'node:path';
import type { Clock } from '../ports/clock.ts';
import { followSegment } from '../wire/commitlog/follow-segment.ts';
import { type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import type { AgentPosition, SavedPlace } from './agent-position.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { openSegmentFile } from './segment-file.ts';

/**
 * The position of an agent that has none: the present end of its node's log. What is in the log already is not ours: the
 * snapshot reads it, since it begins after every agent follows.
 */
export async function beginAtEnd(directory: string, node: string, clock: Clock): Promise<AgentPosition> {
  for (;;) {
    // Not one of those that are tried again: a folder that is not there does not come by itself.
    const names = await listSegments(directory);
    try {
      return await findEnd({ directory, names }, node, clock);
    } catch (error) {
      // The node deleted a segment under our eyes.
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

interface ListedLog {
  readonly directory: string;
  readonly names: readonly SegmentName[];
}

async function findEnd({ directory, names }: ListedLog, node: string, clock: Clock): Promise<AgentPosition> {
  const seenAtMs = Number(clock.nowMicros() / 1000n);
  const growing = names.slice(await firstGrowing(directory, names));
  const places = new Map<bigint, SavedPlace>();
  for (const name of growing) {
    const place = await endOf(directory, name);
    if (place) places.set(name.id, place);
  }
  // After the ends were read: what is written later lies behind them.
  const unbrokenSinceMicros = clock.nowMicros();
  const beganAt = growing[0]?.id ?? 0n;
  const newest = names.length === 0 ? undefined : { id: names.at(-1)!.id, seenAtMs };
  return {
    node,
    beganAt,
    finishedUpTo: beganAt - 1n,
    newest,
    places,
    expected: [],
    owedHoles: [],
    owedMarks: [],
    unbrokenSinceMicros,
    claimedMicros: 0n,
  };
}

/** The newest segment with data may still be written, and for a moment the one before it. */
async function firstGrowing(directory: string, names: readonly SegmentName[]): Promise<number> {
  for (let index = names.length - 1; index > 0; index--) {
    if (await hasData(directory, names[index]!)) return index - 1;
  }
  return 0;
}

async function hasData(directory: string, name: SegmentName): Promise<boolean> {
  return followed(directory, name, async (next) => typeof (await next()) !== 'string');
}

async function endOf(directory: string, name: SegmentName): Promise<SavedPlace | undefined> {
  return followed(directory, name, async (next, place) => {
    while (typeof (await next()) !== 'string');
    return place();
  });
}

async function followed<T>(
  directory: string,
  name: SegmentName,
  use: (next: () => Promise<unknown>, place: () => SavedPlace | undefined) => Promise<T>,
): Promise<T> {
  const path = join(directory, segmentFileName(name));
  const file = await openSegmentFile(path);
  try {
    const follower = followSegment(file, path, { expectedId: name.id });
    return await use(
      () => follower.next(),
      () => follower.place,
    );
  } finally {
    await file.close();
  }
}
