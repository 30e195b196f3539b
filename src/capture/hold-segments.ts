import { link, mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import { sumOf } from '../model/sum-of.ts';
import type { Clock } from '../ports/clock.ts';
import { type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { heldFill, sizesOf } from './measure-fill.ts';
import { moveAside } from './move-aside.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Progress } from './progress.ts';
import type { Look, ReleasableSegment, SeenSegment, SegmentSource } from './segment-source.ts';
import { type WatchParts, watchSegments } from './watch-segments.ts';

export interface HoldOptions {
  readonly clock: Clock;
  readonly watch: WatchParts;
  readonly onFull: (heldBytes: number) => void;
}

/**
 * Holds every segment of the node by a link of our own, so that the node may delete its link and we lose nothing.
 * Writes nothing into the node's folder.
 */
export async function holdSegments(
  settings: AgentSettings,
  progress: Progress,
  options: HoldOptions,
): Promise<SegmentSource> {
  const folder = join(settings.folder, 'held');
  await mkdir(folder, { recursive: true });
  const hold = segmentHolder(settings, folder, options);
  let lastCompleteMicros: bigint | undefined;

  async function look(): Promise<Look> {
    const atMicros = options.clock.nowMicros();
    // The node's folder first: what is not in it now, and in ours, is closed.
    const ofNode = await listSegments(settings.commitLogDirectory);
    const unfinished = ofNode.filter(({ id }) => id > progress.position.finishedUpTo);
    const wasWatching = lastCompleteMicros !== undefined && atMicros - lastCompleteMicros < watchedMicros;
    const isComplete = await hold(unfinished);
    lastCompleteMicros = isComplete ? atMicros : undefined;
    const segments = await heldSegments(folder, ofNode, progress.position.finishedUpTo);
    const ids = segments.map(({ id }) => id);
    watchSegments(options.watch, { atMicros, ids, wasWatching, hasChanges: () => true, areIdsConsecutive: true });
    return { atMicros, isComplete, segments };
  }

  return {
    look: oneAtATime(look),
    tidy: (saved) => removeFinished(folder, saved.finishedUpTo),
    setAside: ({ path }) => moveAside(settings.folder, path),
    close: async () => {},
    fill: () => heldFill(folder, settings.folderCapBytes),
    releasable: async () => {
      const ofNode = await listSegments(settings.commitLogDirectory);
      return withSizes(notWritten(await heldSegments(folder, ofNode, progress.position.finishedUpTo)));
    },
  };
}

/**
 * Without those that the node may still write: the newest is its spare, the one before it the one it writes, and the one before that may get a
 * last record while the node switches.
 */
export function notWritten<T extends SeenSegment>(ascending: readonly T[]): readonly T[] {
  return ascending.slice(0, Math.max(0, ascending.length - 3));
}

/** Shorter than any node needs from its last write to the first segment of its next start. */
export const watchedMicros = 1_000_000n;

/** Links what is new; answers whether all of it is held. */
function segmentHolder(settings: AgentSettings, folder: string, options: HoldOptions) {
  let wasFull = false;
  return async (unfinished: readonly SegmentName[]): Promise<boolean> => {
    const held = new Set((await listSegments(folder)).map(({ id }) => id));
    const missing = unfinished.filter(({ id }) => !held.has(id));
    const heldBytes = missing.length === 0 ? 0 : await sizeOf(folder);
    const isFull = heldBytes >= settings.folderCapBytes;
    if (isFull && !wasFull) options.onFull(heldBytes);
    wasFull = isFull;
    if (isFull) return false;
    for (const name of missing) {
      // Gone between listing and linking: watchSegments finds the hole it left, once another follows it.
      if (await linkSegment(settings.commitLogDirectory, folder, name)) held.add(name.id);
    }
    return missing.every(({ id }) => held.has(id));
  };
}

async function linkSegment(directory: string, folder: string, name: SegmentName): Promise<boolean> {
  const file = segmentFileName(name);
  try {
    await link(join(directory, file), join(folder, file));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw linkFault(error as NodeJS.ErrnoException, directory, folder);
  }
}

function linkFault(cause: NodeJS.ErrnoException, directory: string, folder: string): Error {
  const next = nextSteps[cause.code ?? ''];
  if (!next) return cause;
  return new OperatorError(
    { expected: `to hard-link segments of ${directory} into ${folder}`, found: cause.message, next },
    { cause },
  );
}

const notOwner = 'run the agent as the user that owns the commit log: Linux lets only a file’s owner link it';
const nextSteps: Readonly<Record<string, string>> = {
  EPERM: notOwner,
  EACCES: notOwner,
  EXDEV: 'put the agent’s folder on the filesystem of the commit log',
};

async function heldSegments(
  folder: string,
  ofNode: readonly SegmentName[],
  finishedUpTo: bigint,
): Promise<readonly SeenSegment[]> {
  const node = new Set(ofNode.map(({ id }) => id));
  const held = (await listSegments(folder)).filter(({ id }) => id > finishedUpTo);
  return held.map((name) => ({ id: name.id, path: join(folder, segmentFileName(name)), isClosed: !node.has(name.id) }));
}

async function removeFinished(folder: string, finishedUpTo: bigint): Promise<void> {
  for (const name of await listSegments(folder)) {
    if (name.id <= finishedUpTo) await removeFile(join(folder, segmentFileName(name)));
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await listSegments(folder);
  return sumOf((await sizesOf(names.map((name) => join(folder, segmentFileName(name))))).map(({ size }) => size));
}

async function withSizes(segments: readonly SeenSegment[]): Promise<readonly ReleasableSegment[]> {
  const sizes = await sizesOf(segments.map(({ path }) => path));
  return segments.map(({ id, path }, index) => ({ id, path, bytes: sizes[index]!.size }));
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
