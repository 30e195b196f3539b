import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { publishArchive } from './class-archive.ts';
import { readSandbox, recordProcess, type ServerName, serverNamed, serversOf } from './sandbox-state.ts';
import { endGracefully, isRunning } from './server-process.ts';
import { standInDir, stopStandInProcess } from './stand-in-process.ts';
import { withLock } from './with-lock.ts';

// Drain takes two or three seconds, writing a class archive as many more; a busy machine needs several times that.
const graceMs = 60_000;

/** Stops what runs of the sandbox in this folder and keeps its data. Returns the names of what it stopped. */
export async function stopSandbox(dir: string, signal?: AbortSignal): Promise<readonly (ServerName | 'keyspaces')[]> {
  if (!readSandbox(dir)) return [];
  return withLock(lockFile(dir), () => stopAll(dir, signal), { signal });
}

/** Stops the sandbox and removes its data, ports and configuration; the cache stays. */
export async function wipeSandbox(dir: string, signal?: AbortSignal): Promise<void> {
  if (!readSandbox(dir)) return;
  await withLock(
    lockFile(dir),
    async () => {
      await stopAll(dir, signal);
      removeFiles(dir);
    },
    { signal },
  );
}

/** For callers that hold the sandbox's lock. */
export async function stopServers(dir: string, names: readonly ServerName[], signal?: AbortSignal): Promise<void> {
  await Promise.all(names.map((name) => stopOne(dir, name, signal)));
}

async function stopAll(dir: string, signal?: AbortSignal): Promise<readonly (ServerName | 'keyspaces')[]> {
  const sandbox = readSandbox(dir);
  if (!sandbox) return [];
  // First: it stands before the target.
  const stood = await stopStandInProcess(dir);
  const servers = serversOf(sandbox);
  const running = servers.filter(isRunning).map((server) => server.name);
  await stopServers(
    dir,
    servers.map((server) => server.name),
    signal,
  );
  return stood ? [...running, 'keyspaces'] : running;
}

async function stopOne(dir: string, name: ServerName, signal?: AbortSignal): Promise<void> {
  const server = serverNamed(readSandbox(dir)!, name);
  const wasRunning = isRunning(server);
  const endedByItself = await endGracefully(server, graceMs, signal);
  if (wasRunning && endedByItself) publishArchive(cacheFolder(), server.dir);
  recordProcess(dir, name, { pid: null, startMark: null });
}

/** Only what the sandbox made: an operator may have chosen a folder that holds other things. */
function removeFiles(dir: string): void {
  for (const server of serversOf(readSandbox(dir)!)) rmSync(server.dir, { recursive: true, force: true });
  rmSync(standInDir(dir), { recursive: true, force: true });
  rmSync(join(dir, 'sandbox.json'), { force: true });
}

function lockFile(dir: string): string {
  return join(resolve(dir), 'lock');
}
