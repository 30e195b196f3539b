import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import { parseIndexFile } from '../wire/commitlog/index-file.ts';
import { indexFileName, parseSegmentName, type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import type { AgentPosition } from './agent-position.ts';
import { moveAside, removeFile } from './hold-segments.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Progress } from './progress.ts';
import type { Look, SeenSegment, SegmentSource } from './segment-source.ts';

/**
 * The node's own cdc_raw: the node keeps a segment with changes of cdc tables until we delete it, so ids may have gaps and
 * nothing can be missed (unless cdc_block_writes is off, which a check refuses).
 */
export function cdcSegments(settings: AgentSettings, progress: Progress, clock: Clock): SegmentSource {
  const folder = settings.cdcRawDirectory;

  async function look(): Promise<Look> {
    const atMicros = clock.nowMicros();
    const names = (await listSegments(folder)).filter(({ id }) => id > progress.position.finishedUpTo);
    const newest = names.at(-1)?.id;
    const seen = await Promise.all(names.map((name) => seeSegment(folder, name, name.id === newest)));
    noteNewest(newest, progress, atMicros);
    return { atMicros, isComplete: true, segments: seen.filter((segment) => segment !== undefined) };
  }

  return {
    look: oneAtATime(look),
    tidy: (saved) => deleteFinished(folder, saved),
    setAside: async (segment) => {
      await moveAside(settings.folder, segment);
      await removeFile(join(folder, indexFileName(parseSegmentName(basename(segment.path))!)));
    },
  };
}

async function seeSegment(folder: string, name: SegmentName, isNewest: boolean): Promise<SeenSegment | undefined> {
  const state = await stateOf(folder, name);
  if (state === 'gone') return undefined;
  const isClosed = state === 'completed' || (state === 'orphan' && !isNewest);
  return { id: name.id, path: join(folder, segmentFileName(name)), isClosed };
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

function noteNewest(id: bigint | undefined, progress: Progress, atMicros: bigint): void {
  const known = progress.position.newest;
  if (id !== undefined && (known === undefined || id > known.id))
    progress.saw({ id, seenAtMs: Number(atMicros / 1000n) });
}
