import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import { parseIndexFile } from '../wire/commitlog/index-file.ts';
import { indexFileName, parseSegmentName, type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import type { AgentPosition } from './agent-position.ts';
import { notWritten, removeFile, watchedMicros } from './hold-segments.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { cdcFill, sizesOf } from './measure-fill.ts';
import { moveAside } from './move-aside.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Progress } from './progress.ts';
import type { Look, ReleasableSegment, SeenSegment, SegmentSource } from './segment-source.ts';
import { unlinkedSegments } from './unlinked-segments.ts';
import { type WatchParts, watchSegments } from './watch-segments.ts';

export interface CdcOptions {
  readonly clock: Clock;
  /** The node writes wanted changes into a segment that it does not show in cdc_raw. */
  readonly onUnlinked: (segment: bigint) => void;
  readonly watch: WatchParts;
}

/**
 * The node's own cdc_raw: the node keeps a segment with changes of cdc tables until we delete it, and deletes the others
 * itself, so ids may have gaps. Where `cdc_block_writes` is off it also deletes the oldest segments when the folder is full: there a gap, and
 * a segment that goes unread, is a hole. A node that runs without CDC keeps nothing there: what it writes meanwhile is one, too.
 */
export function cdcSegments(settings: AgentSettings, progress: Progress, options: CdcOptions): SegmentSource {
  const folder = settings.cdcRawDirectory;
  const unlinked = unlinkedSegments(settings, options.onUnlinked);
  let lastLookMicros = 0n;

  async function listed(linked: readonly SegmentName[]): Promise<readonly CdcSegment[]> {
    const names = linked.filter(({ id }) => id > progress.position.finishedUpTo);
    const newest = names.at(-1)?.id;
    const found = await Promise.all(names.map((name) => seeSegment(folder, name, name.id === newest)));
    return found.filter((segment) => segment !== undefined);
  }

  async function look(): Promise<Look> {
    const atMicros = options.clock.nowMicros();
    const ofNode = await unlinked.ofNode();
    const linked = await listSegments(folder);
    const passed = await unlinked.withChanges(ofNode, linked, progress.position);
    const seen = await listed(linked);
    watchSegments(options.watch, {
      atMicros,
      ids: seen.map(({ id }) => id),
      unlinked: passed,
      hasChanges: (id) => !settings.cdcBlocksWrites || seen.some((segment) => segment.id === id && segment.isIndexed),
      wasWatching: atMicros - lastLookMicros < watchedMicros,
      areIdsConsecutive: !settings.cdcBlocksWrites,
    });
    lastLookMicros = atMicros;
    return { atMicros, isComplete: passed.length === 0, segments: seen };
  }

  return {
    look: oneAtATime(look),
    tidy: (saved) => deleteFinished(folder, saved),
    setAside: async (segment) => {
      await moveAside(settings.folder, segment.path);
      await removeFile(join(folder, indexFileName(parseSegmentName(basename(segment.path))!)));
    },
    fill: () => cdcFill(folder, settings.cdcTotalBytes),
    releasable: async () => withSizes(notWritten(await listed(await listSegments(folder)))),
    close: unlinked.close,
  };
}

/** Of a segment without changes of cdc tables the node lets go by itself. */
async function withSizes(segments: readonly CdcSegment[]): Promise<readonly ReleasableSegment[]> {
  const sizes = await sizesOf(segments.map(({ path }) => path));
  return segments.map(({ id, path, isIndexed }, index) => ({ id, path, bytes: isIndexed ? sizes[index]!.size : 0 }));
}

interface CdcSegment extends SeenSegment {
  /** It holds changes of cdc tables. */
  readonly isIndexed: boolean;
}

async function seeSegment(folder: string, name: SegmentName, isNewest: boolean): Promise<CdcSegment | undefined> {
  const state = await stateOf(folder, name);
  if (state === 'gone') return undefined;
  const isClosed = state === 'completed' || (state === 'orphan' && !isNewest);
  const isIndexed = state === 'completed' || state === 'indexed';
  return { id: name.id, path: join(folder, segmentFileName(name)), isClosed, isIndexed };
}

/**
 * completed: closed, and ours to delete. indexed: holds changes of cdc tables, and ours to delete once it is finished.
 * bare: no such change yet; the node deletes it by itself, and takes it ill when it is gone before.
 * orphan: bare, and the node has let go of it: the spare segment of a node that stopped stays for ever and counts towards
 * cdc_total_space.
 */
type CdcState = 'completed' | 'indexed' | 'bare' | 'orphan' | 'gone';

async function stateOf(folder: string, name: SegmentName): Promise<CdcState> {
  try {
    const index = await readIndex(join(folder, indexFileName(name)));
    if (index !== undefined) return parseIndexFile(index)?.isCompleted ? 'completed' : 'indexed';
    return (await stat(join(folder, segmentFileName(name)))).nlink === 1 ? 'orphan' : 'bare';
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'gone';
    throw error;
  }
}

async function readIndex(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
}

/**
 * Deletes what is finished, and finished ones that a restarting node has linked once more. What was there before our
 * beginning was never published and is not ours to delete.
 */
async function deleteFinished(folder: string, position: AgentPosition): Promise<void> {
  const isOurs = ({ id }: SegmentName) => id >= position.beganAt && id <= position.finishedUpTo;
  const segments = await listSegments(folder);
  const newest = segments.at(-1)?.id;
  for (const name of segments.filter(isOurs)) {
    const state = await stateOf(folder, name);
    if (state === 'bare' || (state === 'orphan' && name.id === newest)) continue;
    await removeFile(join(folder, segmentFileName(name)));
    await removeFile(join(folder, indexFileName(name)));
  }
  for (const name of (await indexedNames(folder)).filter(isOurs)) {
    if (!(await exists(join(folder, segmentFileName(name))))) await removeFile(join(folder, indexFileName(name)));
  }
}

/** Index files, as the segments they belong to: a crash between two deletions leaves one alone. */
async function indexedNames(folder: string): Promise<readonly SegmentName[]> {
  const segmentOf = (file: string) =>
    file.endsWith('_cdc.idx') ? parseSegmentName(file.replace('_cdc.idx', '.log')) : undefined;
  return (await readdir(folder)).map(segmentOf).filter((name) => name !== undefined);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
