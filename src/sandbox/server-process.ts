import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identifyProcess } from './process-identity.ts';
import type { AnyServer } from './sandbox-state.ts';

/** Starts a server as a daemon that outlives us, in a session of its own, so that our Ctrl-C does not reach it. */
export function spawnServer(java: string, server: AnyServer, main: readonly string[]) {
  mkdirSync(dirname(server.logFile), { recursive: true });
  const log = openSync(server.logFile, 'a');
  try {
    const child = spawn(java, [`@${server.argsFile}`, ...main], {
      cwd: server.dir,
      detached: true,
      stdio: ['ignore', log, log],
    });
    // Without a listener a failed spawn would end our process; no pid says the same.
    child.on('error', () => {});
    if (child.pid === undefined) throw new Error(`${java} could not be started`);
    child.unref();
    return { pid: child.pid, startMark: identifyProcess(child.pid)?.startMark ?? null };
  } finally {
    closeSync(log);
  }
}

/**
 * True while the recorded process runs. A pid that now belongs to another program (it was recycled, or the machine was
 * restarted) is not ours, whatever its number says.
 */
export function isRunning(server: AnyServer): boolean {
  if (server.pid === null) return false;
  const found = identifyProcess(server.pid);
  return found !== null && found.startMark === server.startMark && found.commandLine.includes(`@${server.argsFile}`);
}

/**
 * Asks our process to end (SIGTERM: Cassandra drains) and kills it when it has not after the grace. True when it
 * ended by itself.
 */
export async function endGracefully(server: AnyServer, graceMs: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + graceMs;
  if (isRunning(server)) process.kill(server.pid!, 'SIGTERM');
  while (isRunning(server)) {
    if (Date.now() > deadline) {
      await kill(server, signal);
      return false;
    }
    await sleep(50, undefined, { ...(signal && { signal }) });
  }
  return true;
}

/** Ends our process as a crash would, and waits until it is gone. Nothing is sent to a process that is not ours. */
export async function kill(server: AnyServer, signal?: AbortSignal): Promise<void> {
  if (isRunning(server)) process.kill(server.pid!, 'SIGKILL');
  while (isRunning(server)) await sleep(20, undefined, { ...(signal && { signal }) });
}
