import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { createServer } from 'node:net';
import { OperatorError } from '../errors.ts';

/**
 * Takes the agent's folder for this process; the function it answers gives it back. Throws OperatorError while another
 * agent has it.
 *
 * The lock is a socket in Linux's abstract namespace: the kernel lets go of it when the process dies, however it dies, so
 * there is no stale lock to judge.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? taken(folder) : error));
    server.listen({ path: `\0cdcmig-agent-${name}` }, resolve);
  });
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function taken(folder: string): OperatorError {
  return new OperatorError({
    expected: `no other agent in ${folder}`,
    found: 'one runs there',
    next: 'stop it first, or leave it: one agent follows a log',
  });
}
