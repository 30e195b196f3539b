import { resolve } from 'node:path';
import { type AnyServer, readSandbox, type Sandbox, type ServerName, serversOf } from './sandbox-state.ts';
import { isRunning } from './server-process.ts';
import { standInStatus } from './stand-in-process.ts';
import { isReady } from './wait-for-ready.ts';

/** `died`: it was started and is gone without being stopped. */
export type ServerCondition = 'ready' | 'not answering' | 'died' | 'stopped';

interface ServerStatus {
  /** `keyspaces` is the stand-in before the target, where one was started with the sandbox. */
  readonly name: ServerName | 'keyspaces';
  readonly condition: ServerCondition;
  readonly pid: number | null;
  /** Where clients connect: host:port of a node, the service URL of Pulsar. */
  readonly endpoint: string;
}

export interface SandboxStatus {
  readonly dir: string;
  /** Null when the folder holds no sandbox. */
  readonly sandbox: Sandbox | null;
  readonly servers: readonly ServerStatus[];
}

/** Looks at every server; changes nothing. */
export async function sandboxStatus(dir: string): Promise<SandboxStatus> {
  const sandbox = readSandbox(resolve(dir));
  const servers = sandbox ? await Promise.all(serversOf(sandbox).map(statusOf)) : [];
  return { dir: resolve(dir), sandbox, servers: [...servers, ...standIns(dir)] };
}

function standIns(dir: string): readonly ServerStatus[] {
  const found = standInStatus(dir);
  if (!found) return [];
  const { condition, pid, facts } = found;
  return [{ name: 'keyspaces', condition, pid, endpoint: facts.endpoint }];
}

async function statusOf(server: AnyServer): Promise<ServerStatus> {
  const endpoint = server.name === 'pulsar' ? server.serviceUrl : `${server.address}:${server.cqlPort}`;
  const condition = await conditionOf(server);
  const isAlive = condition === 'ready' || condition === 'not answering';
  return { name: server.name, condition, pid: isAlive ? server.pid : null, endpoint };
}

async function conditionOf(server: AnyServer): Promise<ServerCondition> {
  if (!isRunning(server)) return server.pid === null ? 'stopped' : 'died';
  return (await isReady(server)) ? 'ready' : 'not answering';
}
