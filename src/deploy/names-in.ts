import { OperatorError } from '../errors.ts';
import type { NodeShell } from '../ports/node-shell.ts';

/** What lies in a folder of a node; empty where there is none. OperatorError for one that may not be looked into: it is not taken for empty. */
export async function namesIn(shell: NodeShell, folder: string, signal?: AbortSignal): Promise<readonly string[]> {
  // In the words that are looked for below.
  const list = ['env', 'LC_ALL=C', 'ls', '-A1', '--', folder] as const;
  const { code, stdout, stderr } = await shell.run(list, { signal, reads: true });
  if (code === 0) return stdout.split('\n').filter((name) => name !== '');
  if (/no such file/i.test(stderr)) return [];
  throw new OperatorError({
    expected: `to look into ${folder} on ${shell.name}`,
    found: stderr.trim().split('\n').at(-1) || `exit code ${code}`,
    next: 'see who owns it, and repeat the command',
  });
}
