import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServer } from './control-server.ts';
import { readSandbox, type Sandbox, writeSandbox } from './sandbox-state.ts';
import { wipeSandbox } from './stop-sandbox.ts';
import { withLock } from './with-lock.ts';

export interface LoneServer {
  readonly dir: string;
  readonly server: 'source-1' | 'pulsar';
  readonly plan: (dir: string) => Promise<Sandbox>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts one server of a sandbox in a new folder, and returns when it answers. The others do not run: stop or wipe the sandbox as any.
 * If the server does not start, nothing is left behind.
 */
export async function startLoneServer({ server, plan, signal, ...lone }: LoneServer): Promise<Sandbox> {
  const dir = resolve(lone.dir);
  if (readSandbox(dir)) throw new Error(`${dir} holds a sandbox already`);
  mkdirSync(dir, { recursive: true });
  const start = async () => {
    const planned = await plan(dir);
    writeSandbox(planned);
    return startServer(planned, server, signal);
  };
  try {
    return await withLock(join(dir, 'lock'), start, { signal });
  } catch (error) {
    await wipeSandbox(dir);
    throw error;
  }
}
