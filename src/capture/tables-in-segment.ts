import type { AgentSettings } from '../model/agent-settings.ts';
import { CorruptMutationError, CorruptSegmentError } from '../wire/commitlog/errors.ts';
import { type FollowEnd, followSegment, type SegmentFollower } from '../wire/commitlog/follow-segment.ts';
import { isOrdinaryEnd } from '../wire/commitlog/marker-chain.ts';
import { outlineRecord } from '../wire/commitlog/record-outline.ts';
import { recordsOf } from '../wire/commitlog/records.ts';
import { hasDataWithoutHeader } from '../wire/commitlog/segment-header.ts';
import type { SavedPlace } from './agent-position.ts';
import { hasCode } from './list-segments.ts';
import { recordRouter } from './route-record.ts';
import { openSegmentFile } from './segment-file.ts';
import type { SeenSegment } from './segment-source.ts';

/**
 * The wanted tables that a segment has records of behind a place, none of them if it has none: nothing is missing when it goes unread. Undefined where
 * it may be any: damage, a record of several tables, and a change of the schema, by which later records may be misread.
 */
export async function tablesInSegment(
  { id, path }: Pick<SeenSegment, 'id' | 'path'>,
  from: SavedPlace | undefined,
  settings: AgentSettings,
): Promise<readonly string[] | undefined> {
  try {
    const file = await openSegmentFile(path);
    try {
      const follower = followSegment(file, path, { expectedId: id, ...(from && { from }) });
      const tables = await tablesBehind(follower, settings);
      return follower.header || !(await hasDataWithoutHeader(file)) ? tables : undefined;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CorruptSegmentError || error instanceof CorruptMutationError || hasCode(error, 'ENOENT'))
      return undefined;
    throw error;
  }
}

async function tablesBehind(
  follower: SegmentFollower,
  settings: AgentSettings,
): Promise<readonly string[] | undefined> {
  const routeOf = recordRouter(settings);
  const found = new Set<string>();
  for (;;) {
    const next = await follower.next();
    if (typeof next === 'string') return isSoundEnd(next) ? [...found].sort() : undefined;
    for (const { body } of recordsOf(next)) {
      const outline = outlineRecord(body);
      const { kind } = routeOf(outline, body);
      if (kind === 'none' || kind === 'canary' || kind === 'counter') continue;
      if (kind === 'schema' || outline.updateCount > 1) return undefined;
      found.add(outline.firstTableId);
    }
  }
}

/** All that the node has written was read. */
export function isSoundEnd(end: FollowEnd): boolean {
  return end === 'headerNotYet' || isOrdinaryEnd(end);
}
