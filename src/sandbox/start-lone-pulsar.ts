import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startServer } from './control-server.ts';
import { findFreeEndpoints, freePort } from './free-endpoints.ts';
import { planSandbox } from './plan-sandbox.ts';
import type { PulsarLine } from './sandbox-release.ts';
import { readSandbox, type Sandbox, writeSandbox } from './sandbox-state.ts';
import { wipeSandbox } from './stop-sandbox.ts';
import { withLock } from './with-lock.ts';

export interface StartLonePulsarOptions {
  readonly dir: string;
  readonly line?: PulsarLine;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts Pulsar without any Cassandra and returns when it answers. The folder is then a sandbox of which the other servers do not run: stop
 * or wipe it as any. If Pulsar does not start, nothing is left behind.
 */
export async function startLonePulsar(options: StartLonePulsarOptions): Promise<Sandbox> {
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

async function startUnderLock(dir: string, { line = '4.0', signal }: StartLonePulsarOptions): Promise<Sandbox> {
  const planned = planSandbox(dir, '5.0', await findFreeEndpoints(dir, 1));
  const { pulsar } = planned;
  // 2.10 keeps its metadata in a ZooKeeper of its own, and both that and its bookie at ports it is told.
  const own =
    line === '2.10' ? { ...pulsar, innerPorts: await innerPorts([pulsar.brokerPort, pulsar.webPort]) } : pulsar;
  const sandbox: Sandbox = { ...planned, pulsar: own, ...(line !== '4.0' && { pulsarLine: line }) };
  writeSandbox(sandbox);
  return startServer(sandbox, 'pulsar', signal);
}

async function innerPorts(taken: readonly number[]) {
  const zooKeeper = await freePort(['127.0.0.1'], taken);
  return { zooKeeper, bookie: await freePort(['127.0.0.1'], [...taken, zooKeeper]) };
}
