import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import { hasChanges, type KeptFiles, type RestoredFile, restoreFiles } from './kept-files.ts';
import { namesIn } from './names-in.ts';

export interface PutBack {
  readonly kept: KeptFiles;
  readonly folder: string;
  /** Names in it that are deleted; nothing else is. */
  readonly ours: readonly string[];
  /** Restarts the node, which runs with what was in its files before. */
  readonly restart: () => Promise<void>;
}

export interface WhatIsBack {
  /** Files that were changed, and are what they were. */
  readonly restored: readonly RestoredFile[];
  /** Names in the folder that are not ours, and so are left. */
  readonly left: readonly string[];
}

/**
 * Every changed file is what it was byte for byte, and the folder is gone unless others keep something there. Where a file was put
 * back, `restart` is called before the folder goes, and again by the next call if it fails. May be repeated.
 */
export async function putBack({ kept, folder, ours, restart }: PutBack, signal?: AbortSignal): Promise<WhatIsBack> {
  const { shell } = kept;
  const due = join(folder, restartDue);
  // Noted before the files say nothing of it any more.
  if (await hasChanges(kept, signal)) await shell.writeFile(due, '', signal);
  const restored = await restoreFiles(kept, signal);
  if ((await shell.digestOf(due, signal)) !== undefined) await restart();
  const names = [...ours, 'kept', restartDue].map((name) => join(folder, name));
  await shell.run(['rm', '-rf', '--', ...names], { signal });
  const left = await namesIn(shell, folder, signal);
  if (left.length === 0) await shell.run(['rmdir', '--', folder], { signal });
  await throwOnRemains(shell, await present(shell, names, signal));
  return { restored, left };
}

/** There while the node runs with what was put back only in its files. */
const restartDue = 'restart-due';

/** Of these paths those that are there. */
export async function present(
  shell: NodeShell,
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths)
    if ((await shell.run(['test', '-e', path], { signal, reads: true })).code === 0) found.push(path);
  return found;
}

export function throwOnRemains(shell: NodeShell, remains: readonly string[]): void {
  if (remains.length === 0) return;
  throw new OperatorError({
    expected: `nothing of the agent on ${shell.name}`,
    found: remains.join(', '),
    next: 'see who owns them and repeat the command',
  });
}
