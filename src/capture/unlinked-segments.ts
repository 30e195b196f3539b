import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { AgentSettings } from '../model/agent-settings.ts';
import { CorruptMutationError, CorruptSegmentError } from '../wire/commitlog/errors.ts';
import { followSegment, type MarkerPlace, type SegmentFollower } from '../wire/commitlog/follow-segment.ts';
import { outlineRecord } from '../wire/commitlog/record-outline.ts';
import { type LogRecord, recordsOf } from '../wire/commitlog/records.ts';
import { type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import type { AgentPosition } from './agent-position.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { type RouteRecord, recordRouter } from './route-record.ts';
import { openSegmentFile, type SegmentFile } from './segment-file.ts';
import { isSoundEnd } from './tables-in-segment.ts';

/**
 * Segments that the node writes and does not show in cdc_raw, as one does that was restarted with `cdc_enabled: false`. A node whose cdc_raw
 * is full hides its segment, too, but takes no change of a cdc table into it: so they are read, and only one with wanted changes counts.
 */
export interface UnlinkedSegments {
  /** The node's own log. To be listed before cdc_raw: what is linked in between must not pass for unlinked. */
  ofNode(): Promise<readonly SegmentName[]>;
  /** Ids of those with wanted changes, ascending; one that has gone for the last time. */
  withChanges(
    ofNode: readonly SegmentName[],
    linked: readonly SegmentName[],
    position: Pick<AgentPosition, 'newest'>,
  ): Promise<readonly bigint[]>;
  close(): Promise<void>;
}

interface OpenSegment {
  readonly file: SegmentFile;
  readonly follow: (from: MarkerPlace | undefined) => SegmentFollower;
  /** Where reading goes on. */
  place: MarkerPlace | undefined;
  hasChanges: boolean;
}

export function unlinkedSegments(settings: AgentSettings, onChanges: (segment: bigint) => void): UnlinkedSegments {
  const folder = settings.commitLogDirectory;
  const routeOf = recordRouter(settings);
  const open = new Map<bigint, OpenSegment>();

  async function take(name: SegmentName): Promise<void> {
    const path = join(folder, segmentFileName(name));
    const file = await openSegmentFile(path).catch(unlessGone);
    if (!file) return;
    const follow = (from: MarkerPlace | undefined) =>
      followSegment(file, path, { expectedId: name.id, ...(from && { from }) });
    open.set(name.id, { file, follow, place: undefined, hasChanges: false });
  }

  async function forget(id: bigint): Promise<void> {
    const one = open.get(id);
    open.delete(id);
    await one?.file.close();
  }

  async function readOn(id: bigint, one: OpenSegment, isGone: boolean): Promise<boolean> {
    if (one.hasChanges) return true;
    const found = await hasWanted(one, routeOf);
    one.hasChanges = found ?? isGone;
    if (one.hasChanges) onChanges(id);
    return one.hasChanges;
  }

  return {
    ofNode: async () => (await listSegments(folder).catch(unlessGone)) ?? [],
    async withChanges(ofNode, linked, { newest }) {
      const inCdcRaw = new Set(linked.map(({ id }) => id));
      const ofLog = new Set(ofNode.map(({ id }) => id));
      // Older ones were in cdc_raw, or are of before our time.
      const isPast = (id: bigint) => newest !== undefined && id > newest.id && !inCdcRaw.has(id);
      for (const name of ofNode) if (isPast(name.id) && !open.has(name.id)) await take(name);
      const changed: bigint[] = [];
      for (const [id, one] of [...open]) {
        const isGone = !ofLog.has(id);
        if (!inCdcRaw.has(id) && (await readOn(id, one, isGone))) changed.push(id);
        if (inCdcRaw.has(id) || isGone) await forget(id);
      }
      return changed.toSorted((a, b) => (a < b ? -1 : 1));
    },
    async close() {
      for (const id of [...open.keys()]) await forget(id);
    },
  };
}

/** Reads from where it was left. Undefined where it cannot be read to its end: damaged, or being written just now. */
async function hasWanted(one: OpenSegment, routeOf: RouteRecord): Promise<boolean | undefined> {
  try {
    const follower = one.follow(one.place);
    for (;;) {
      await setImmediate();
      const next = await follower.next();
      if (typeof next === 'string') return isSoundEnd(next) ? false : undefined;
      for (const record of recordsOf(next)) if (isWanted(record, routeOf)) return true;
      one.place = next.next;
    }
  } catch (error) {
    if (error instanceof CorruptSegmentError || error instanceof CorruptMutationError) return undefined;
    throw error;
  }
}

function isWanted({ body }: LogRecord, routeOf: RouteRecord): boolean {
  return routeOf(outlineRecord(body), body).kind === 'changes';
}

/** A log that may not be looked into tells nothing, as one that is not there. */
function unlessGone(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT') && !hasCode(error, 'EACCES')) throw error;
}
