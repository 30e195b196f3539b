import { copyFile, mkdir, rename, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasCode } from './list-segments.ts';

/**
 * Into the agent's folder `damaged`, for whoever wants to see what can be saved of it. A node's cdc_raw may be on another
 * filesystem: then it is copied, and taken away once all of it is there.
 */
export async function moveAside(agentFolder: string, path: string): Promise<void> {
  const damaged = join(agentFolder, 'damaged');
  const kept = join(damaged, basename(path));
  await mkdir(damaged, { recursive: true });
  try {
    await rename(path, kept);
  } catch (error) {
    if (!hasCode(error, 'EXDEV')) throw error;
    await copyFile(path, kept);
    await unlink(path);
  }
}
