import { readFile, writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';

/**
 * Gives this process's session the niceness that the process was started with. Linux groups processes by session (autogroup),
 * and a niceness counts only against the same group: alone in its session, a niced agent takes as much as the
 * node. Does nothing where there are no such groups, or where the kernel refuses.
 */
export async function yieldToOthers(): Promise<void> {
  const nice = getPriority();
  // Without `nice` the group may be another's, such as a shell's.
  if (nice <= 0) return;
  const group = await readFile(autogroup, 'utf8').catch(() => '');
  if (group.trimEnd().endsWith(` ${nice}`)) return;
  await writeFile(autogroup, `${nice}`).catch(() => {});
}

const autogroup = '/proc/self/autogroup';
