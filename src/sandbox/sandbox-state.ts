import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CassandraLine, PulsarLine } from './sandbox-release.ts';

/** What a server is known by while it runs; both are null while it does not. */
interface ServerProcess {
  readonly pid: number | null;
  /** Tells this process from a later one with the same pid. */
  readonly startMark: string | null;
}

interface SandboxServer extends ServerProcess {
  readonly dir: string;
  readonly argsFile: string;
  readonly logFile: string;
}

type SourceName = `source-${number}`;
export type ServerName = SourceName | 'target' | 'pulsar';

export interface SandboxNode extends SandboxServer {
  readonly name: SourceName | 'target';
  readonly address: string;
  readonly cqlPort: number;
  readonly storagePort: number;
  /** Where nodetool finds it, on 127.0.0.1: of nodes of a cluster. */
  readonly jmxPort?: number;
  /** Digits of its token: of a node that joined the cluster after it had begun. */
  readonly joinsAt?: string;
  readonly commitLogDir: string;
  readonly cdcRawDir: string;
  readonly yamlFile: string;
  readonly datacenter: string;
}

export interface SandboxPulsar extends SandboxServer {
  readonly name: 'pulsar';
  readonly address: string;
  readonly brokerPort: number;
  readonly webPort: number;
  readonly serviceUrl: string;
  readonly adminUrl: string;
  /** Of a line that needs them told; the others find their own. */
  readonly innerPorts?: { readonly zooKeeper: number; readonly bookie: number };
  /** It runs connectors too, each in a process of its own. */
  readonly runsConnectors?: true;
}

/** Parts of a cassandra.yaml by their names there. */
export type NodeSettings = Readonly<Record<string, unknown>>;

/** Parts of a standalone.conf by their names there. */
export type PulsarSettings = Readonly<Record<string, string | number | boolean>>;

/** Everything a client needs to reach the sandbox's servers. Plain JSON: it is `sandbox.json`. */
export interface Sandbox {
  readonly dir: string;
  readonly cassandra: CassandraLine;
  readonly source: readonly SandboxNode[];
  readonly target: SandboxNode;
  readonly pulsar: SandboxPulsar;
  /** What the source nodes' cassandra.yaml says otherwise than that of any sandbox. */
  readonly sourceSettings?: NodeSettings;
  /** What Pulsar's standalone.conf says otherwise than that of any sandbox. */
  readonly pulsarSettings?: PulsarSettings;
  /** Pulsar, when it is an earlier one than that of any sandbox. */
  readonly pulsarLine?: PulsarLine;
  /** Whether its Cassandras are for benchmarks, with more memory and all of Java's compilers. */
  readonly isFast?: true;
}

export type AnyServer = SandboxNode | SandboxPulsar;

export function serversOf(sandbox: Sandbox): readonly AnyServer[] {
  return [...sandbox.source, sandbox.target, sandbox.pulsar];
}

export function serverNamed(sandbox: Sandbox, name: ServerName): AnyServer {
  const server = serversOf(sandbox).find((candidate) => candidate.name === name);
  if (!server) throw new Error(`the sandbox in ${sandbox.dir} has no server ${name}`);
  return server;
}

/** The sandbox recorded in this folder, or null when there is none. */
export function readSandbox(dir: string): Sandbox | null {
  try {
    return JSON.parse(readFileSync(stateFile(dir), 'utf8')) as Sandbox;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function writeSandbox(sandbox: Sandbox): void {
  mkdirSync(sandbox.dir, { recursive: true });
  const temporary = `${stateFile(sandbox.dir)}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(sandbox, null, 2)}\n`);
  renameSync(temporary, stateFile(sandbox.dir));
}

/**
 * Records which process a server is now. Synchronous from read to rename, so that servers that start side by side in
 * one process cannot overwrite each other's pid.
 */
export function recordProcess(dir: string, name: ServerName, process: ServerProcess): Sandbox {
  const sandbox = readSandbox(dir);
  if (!sandbox) throw new Error(`no sandbox is recorded in ${dir}`);
  const change = <T extends AnyServer>(server: T): T => (server.name === name ? { ...server, ...process } : server);
  const changed = {
    ...sandbox,
    source: sandbox.source.map(change),
    target: change(sandbox.target),
    pulsar: change(sandbox.pulsar),
  };
  writeSandbox(changed);
  return changed;
}

function stateFile(dir: string): string {
  return join(dir, 'sandbox.json');
}
