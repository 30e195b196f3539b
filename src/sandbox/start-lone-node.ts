import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServer } from './control-server.ts';
import { findFreeEndpoints } from './free-endpoints.ts';
import { planSandbox } from './plan-sandbox.ts';
import type { CassandraLine } from './sandbox-release.ts';
import { type NodeSettings, readSandbox, type Sandbox, writeSandbox } from './sandbox-state.ts';
import { wipeSandbox } from './stop-sandbox.ts';
import { withLock } from './with-lock.ts';

export interface StartLoneNodeOptions {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  readonly settings?: NodeSettings;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts one source node without target and Pulsar, and returns when it answers. The folder is then a sandbox of which the other servers
 * do not run: stop or wipe it as any. If the node does not start, nothing is left behind.
 */
export async function startLoneNode(options: StartLoneNodeOptions): Promise<Sandbox> {
  const dir = resolve(options.dir);
  if (readSandbox(dir)) throw new Error(`${dir} holds a sandbox already`);
  mkdirSync(dir, { recursive: true });
  try {
    return await withLock(join(dir, 'lock'), () => startUnderLock(dir, options), { signal: options.signal });
  } catch (error) {
    await wipeSandbox(dir);
    throw error;
  }
}

async function startUnderLock(dir: string, options: StartLoneNodeOptions): Promise<Sandbox> {
  const planned = planSandbox(dir, options.cassandra, await findFreeEndpoints(dir, 1));
  const sandbox = { ...planned, ...(options.settings && { sourceSettings: options.settings }) };
  writeSandbox(sandbox);
  return startServer(sandbox, 'source-1', options.signal);
}
