import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../errors.ts';
import { isCqlReady, seesAllPeers } from './probe-cql.ts';
import { isPulsarReady } from './probe-pulsar.ts';
import type { AnyServer, SandboxNode } from './sandbox-state.ts';
import { isRunning } from './server-process.ts';

// A quiet machine needs six seconds; one at a load of seventeen needed 55 for Pulsar alone.
const patienceMs = 180_000;
const pollMs = 100;

export function isReady(server: AnyServer): Promise<boolean> {
  return server.name === 'pulsar' ? isPulsarReady(server) : isCqlReady(server);
}

/** Waits until a server that was just started answers. Gives up at once when its process ends. */
export async function waitForReady(server: AnyServer, signal?: AbortSignal): Promise<void> {
  await poll(server, () => isReady(server), 'to answer', signal);
}

/** Waits until every node of the source cluster takes all others for alive. */
export async function waitForPeers(nodes: readonly SandboxNode[], signal?: AbortSignal): Promise<void> {
  if (nodes.length === 1) return;
  await Promise.all(nodes.map((node) => poll(node, () => seesAllPeers(node), 'to see its peers', signal)));
}

async function poll(server: AnyServer, ask: () => Promise<boolean>, what: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await ask())) {
    if (!isRunning(server)) throw notStarted(server, what, 'its process ended');
    if (Date.now() > deadline) throw notStarted(server, what, `nothing for ${patienceMs / 1000} s`);
    await sleep(pollMs, undefined, { ...(signal && { signal }) });
  }
}

function notStarted(server: AnyServer, what: string, found: string): OperatorError {
  return new OperatorError({
    expected: `${server.name} ${what}`,
    found: `${found}; its log ends with\n${tail(server.logFile)}`,
    next: `read ${server.logFile}; cdcmig sandbox reset starts from nothing`,
  });
}

function tail(file: string): string {
  const wanted = 2000;
  const log = openSync(file, 'r');
  try {
    const size = fstatSync(log).size;
    const part = Buffer.alloc(Math.min(wanted, size));
    readSync(log, part, 0, part.length, size - part.length);
    return part.toString('utf8').trim();
  } finally {
    closeSync(log);
  }
}
