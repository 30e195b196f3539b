import { link, mkdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Clock } from '../ports/clock.ts';
import { type SegmentName, segmentFileName } from '../wire/commitlog/segment-name.ts';
import { findHoles, type Hole } from './find-holes.ts';
import { hasCode, listSegments } from './list-segments.ts';
import { oneAtATime } from './one-at-a-time.ts';
import type { Progress } from './progress.ts';
import type { Look, SeenSegment, SegmentSource } from './segment-source.ts';

export interface HoldOptions {
  readonly clock: Clock;
  readonly onHole: (hole: Hole) => void;
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
  const hold = segmentHolder(settings, folder, progress, options);
  let lastCompleteMicros: bigint | undefined;

  async function look(): Promise<Look> {
    const atMicros = options.clock.nowMicros();
    // The node's folder first: what is not in it now, and in ours, is closed.
    const ofNode = await listSegments(settings.commitLogDirectory);
    const unfinished = ofNode.filter(({ id }) => id > progress.position.finishedUpTo);
    const wasWatching = lastCompleteMicros !== undefined && atMicros - lastCompleteMicros < watchedMicros;
    const isComplete = await hold(unfinished, wasWatching);
    lastCompleteMicros = isComplete ? atMicros : undefined;
    return { atMicros, isComplete, segments: await heldSegments(folder, ofNode, progress.position.finishedUpTo) };
  }

  return {
    look: oneAtATime(look),
    tidy: (saved) => removeFinished(folder, saved.finishedUpTo),
    setAside: (segment) => moveAside(settings.folder, segment),
  };
}

/** Shorter than any node needs from its last write to the first segment of its next start. */
const watchedMicros = 1_000_000n;

/** Links what is new and checks that nothing is missing between; answers whether all of it is held. */
function segmentHolder(settings: AgentSettings, folder: string, progress: Progress, options: HoldOptions) {
  let wasFull = false;
  return async (unfinished: readonly SegmentName[], wasWatching: boolean): Promise<boolean> => {
    const held = new Set((await listSegments(folder)).map(({ id }) => id));
    const missing = unfinished.filter(({ id }) => !held.has(id));
    const heldBytes = missing.length === 0 ? 0 : await sizeOf(folder);
    const isFull = heldBytes >= settings.folderCapBytes;
    if (isFull && !wasFull) options.onFull(heldBytes);
    wasFull = isFull;
    if (isFull) return false;
    for (const name of missing) {
      // Gone between listing and linking: the next look finds the hole it left, if another follows it.
      if (await linkSegment(settings.commitLogDirectory, folder, name)) held.add(name.id);
    }
    noteNew([...held], wasWatching, progress, options);
    return missing.every(({ id }) => held.has(id));
  };
}

function noteNew(
  held: readonly bigint[],
  wasWatching: boolean,
  progress: Progress,
  { clock, onHole }: HoldOptions,
): void {
  const { newest } = progress.position;
  const fresh = held.filter((id) => newest === undefined || id > newest.id).sort((a, b) => (a < b ? -1 : 1));
  const last = fresh.at(-1);
  if (last === undefined) return;
  const nowMicros = clock.nowMicros();
  for (const hole of findHoles(newest, fresh, wasWatching)) {
    progress.breakAt(nowMicros);
    onHole(hole);
  }
  progress.saw({ id: last, seenAtMs: Number(nowMicros / 1000n) });
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
  const sizes = (await listSegments(folder)).map((name) => fileSize(join(folder, segmentFileName(name))));
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function fileSize(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    // What is finished is removed while we count.
    (error: unknown) => {
      if (hasCode(error, 'ENOENT')) return 0;
      throw error;
    },
  );
}

/** Into the agent's folder `damaged`, for whoever wants to see what can be saved of it. */
export async function moveAside(agentFolder: string, segment: SeenSegment): Promise<void> {
  const damaged = join(agentFolder, 'damaged');
  await mkdir(damaged, { recursive: true });
  await rename(segment.path, join(damaged, basename(segment.path)));
}

export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}
