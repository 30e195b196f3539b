import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OperatorError } from '../errors.ts';
import { cacheFolder } from './cache-folder.ts';
import { findJava } from './find-java.ts';
import { findFreeEndpoints } from './free-endpoints.ts';
import { installServer, type LaunchContext, launchServer } from './launch-server.ts';
import { planSandbox } from './plan-sandbox.ts';
import type { CassandraLine } from './sandbox-release.ts';
import { type AnyServer, readSandbox, type Sandbox, serversOf, writeSandbox } from './sandbox-state.ts';
import { isRunning } from './server-process.ts';
import { stopServers } from './stop-sandbox.ts';
import { waitForPeers, waitForReady } from './wait-for-ready.ts';
import { withLock } from './with-lock.ts';

export interface StartSandboxOptions {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  readonly nodes: 1 | 3;
  /** See Sandbox. */
  readonly isFast?: true;
  readonly onProgress?: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts a source cluster with CDC, a target and Pulsar, and returns when all answer. In a folder that holds a sandbox
 * only what does not run is started, on the same ports and data. If one does not start, those started with it are stopped.
 */
export async function startSandbox(options: StartSandboxOptions): Promise<Sandbox> {
  const dir = resolve(options.dir);
  mkdirSync(dir, { recursive: true });
  const onProgress = options.onProgress ?? (() => {});
  const onWait = (pid: number) => onProgress(`waiting for process ${pid}, which works on this sandbox`);
  return withLock(join(dir, 'lock'), () => startUnderLock(dir, { ...options, onProgress }), {
    onWait,
    signal: options.signal,
  });
}

async function startUnderLock(
  dir: string,
  options: StartSandboxOptions & { onProgress: (text: string) => void },
): Promise<Sandbox> {
  const sandbox = recorded(dir, options) ?? (await newSandbox(dir, options));
  const missing = serversOf(sandbox).filter((server) => !isRunning(server));
  for (const server of serversOf(sandbox)) {
    if (!missing.includes(server)) options.onProgress(`${server.name} is already up`);
  }
  if (missing.length === 0) return sandbox;
  const { onProgress, signal } = options;
  const context = { cache: cacheFolder(), java: await findJava(process.env, signal), onProgress, signal };
  // All downloads come before the first start: nothing runs yet if one fails.
  for (const server of missing) await installServer(sandbox, server, context);
  return startMissing(sandbox, missing, context);
}

/** The sandbox that the folder holds, if it is of the asked shape; its ports and data stay. */
function recorded(dir: string, options: StartSandboxOptions): Sandbox | null {
  const sandbox = readSandbox(dir);
  if (!sandbox || (sandbox.cassandra === options.cassandra && sandbox.source.length === options.nodes)) return sandbox;
  throw new OperatorError({
    expected: `a sandbox with Cassandra ${options.cassandra} and source nodes: ${options.nodes} in ${dir}`,
    found: `one with Cassandra ${sandbox.cassandra} and source nodes: ${sandbox.source.length}`,
    next: 'choose another --dir, or empty this one: cdcmig sandbox reset with the options you want',
  });
}

async function newSandbox(dir: string, options: StartSandboxOptions): Promise<Sandbox> {
  const planned = planSandbox(dir, options.cassandra, await findFreeEndpoints(dir, options.nodes));
  const sandbox: Sandbox = { ...planned, ...(options.isFast && { isFast: true }) };
  writeSandbox(sandbox);
  return sandbox;
}

async function startMissing(sandbox: Sandbox, missing: readonly AnyServer[], context: LaunchContext): Promise<Sandbox> {
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, ...(context.signal ? [context.signal] : [])]);
  const start = (servers: readonly AnyServer[]) => startInTurn(sandbox, servers, { ...context, signal });
  const others = missing.filter((server) => !isSource(server)).map((server) => [server]);
  const branches = [missing.filter(isSource), ...others].map((servers) =>
    start(servers).catch((error) => {
      failure.abort(error);
      throw error;
    }),
  );
  const failed = (await Promise.allSettled(branches)).some((outcome) => outcome.status === 'rejected');
  if (failed) {
    await stopServers(
      sandbox.dir,
      missing.map((server) => server.name),
    );
    throw failure.signal.reason;
  }
  return readSandbox(sandbox.dir)!;
}

/** One after the other: three nodes that start at once contend for two cores and need twice as long. */
async function startInTurn(sandbox: Sandbox, servers: readonly AnyServer[], context: LaunchContext): Promise<void> {
  for (const server of servers) {
    const begin = performance.now();
    const launched = await launchServer(sandbox, server, context);
    await waitForReady(serversOf(launched).find(({ name }) => name === server.name)!, context.signal);
    context.onProgress(`${server.name} is ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  }
  if (servers.some(isSource)) await waitForPeers(readSandbox(sandbox.dir)!.source, context.signal);
}

function isSource(server: AnyServer): boolean {
  return server.name.startsWith('source-');
}
