import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { localShell } from '../../../src/adapters/local-shell/local-shell.ts';
import { parsePidFile } from '../../../src/adapters/local-shell/pid-file.ts';
import type { Sandbox, SandboxNode } from '../../../src/sandbox/sandbox-state.ts';
import { type CdcmigProcess, cdcmig, type Ended, startCdcmig } from './cdcmig-process.ts';

/** A migration of one keyspace of a sandbox, with a configuration of its own and the real command line. */
export interface AMigration extends AsyncDisposable {
  readonly name: string;
  readonly configFile: string;
  /** The agent's of the first node. */
  readonly agentFolder: string;
  agentFolderOf(node: SandboxNode): string;
  readonly workersFolder: string;
  /** Runs `cdcmig <words> --config <file>`. */
  run(...words: readonly string[]): Promise<Ended>;
  start(...words: readonly string[]): CdcmigProcess;
  /** Writes the configuration anew with other parts; `{}` puts it back. */
  configure(parts: ConfigParts): void;
}

export interface MigrationParts {
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly keyspace: string;
  readonly targetKeyspace: string;
  /** The other way round: the sandbox's target has no CDC. */
  readonly isSwapped?: boolean;
  /** The target section but its keyspace, instead of that of the sandbox's target. */
  readonly keyspaces?: object;
}

/** What is laid over the usual configuration, section by section. */
export interface ConfigParts {
  /** Source nodes that are contact points and have agents; without it those that the sandbox began with. */
  readonly nodes?: readonly SandboxNode[];
  readonly source?: object;
  readonly target?: object;
  readonly pulsar?: object;
  readonly captureMode?: 'cdc';
  /** Laid over the entry of every agent. */
  readonly agents?: (node: SandboxNode) => object;
  /** No agents of ours then; of `agents` those nodes on which theirs are installed. */
  readonly datastax?: object;
  readonly workers?: object;
  readonly validation?: object;
  readonly accept?: readonly object[];
}

export function aMigration(parts: MigrationParts, first: ConfigParts = {}): AMigration {
  const folder = mkdtempSync(join(tmpdir(), `cdcmig-${parts.name}-`));
  const configFile = join(folder, 'cdcmig.yaml');
  const workersFolder = join(folder, 'workers');
  const agentFolderOf = (node: SandboxNode) => join(node.dir, `agent-${parts.name}`);
  const agentFolders = new Set<string>();
  const configure = (more: ConfigParts) => {
    const nodes = more.nodes ?? sourceNodes(parts);
    const agents = nodes.map((node) => ({ node, folder: agentFolderOf(node) }));
    for (const { folder } of agents) agentFolders.add(folder);
    writeFileSync(configFile, stringify(configOf(parts, { agents, workersFolder }, more)));
  };
  configure(first);
  const withConfig = (words: readonly string[]) => [...words, '--config', configFile];
  return {
    name: parts.name,
    configFile,
    agentFolder: agentFolderOf(sourceNodes(parts)[0]!),
    agentFolderOf,
    workersFolder,
    run: (...words) => cdcmig(...withConfig(words)),
    start: (...words) => startCdcmig(withConfig(words)),
    configure,
    async [Symbol.asyncDispose]() {
      const agents = [...agentFolders].map((agent) => join(agent, 'agent.pid'));
      for (const pidFile of [join(workersFolder, 'worker-0.pid'), ...agents]) await end(pidFile);
      for (const path of [folder, ...agentFolders]) rmSync(path, { recursive: true, force: true });
    },
  };
}

function sourceNodes({ sandbox, isSwapped }: MigrationParts): readonly SandboxNode[] {
  return isSwapped ? [sandbox.target] : sandbox.source;
}

function configOf(
  parts: MigrationParts,
  running: {
    readonly agents: readonly { readonly node: SandboxNode; readonly folder: string }[];
    readonly workersFolder: string;
  },
  more: ConfigParts,
) {
  const { sandbox, keyspace, targetKeyspace, name, isSwapped } = parts;
  const target = parts.keyspaces ?? cassandraTarget(isSwapped ? sandbox.source[0]! : sandbox.target);
  return {
    migration: name,
    source: { ...clusterOf(running.agents.map(({ node }) => node)), keyspace, ...more.source },
    target: { ...target, keyspace: targetKeyspace, ...more.target },
    pulsar: {
      serviceUrl: sandbox.pulsar.serviceUrl,
      adminUrl: sandbox.pulsar.adminUrl,
      changesPartitions: 2,
      ...more.pulsar,
    },
    ...(more.datastax && { feed: 'datastax', datastax: more.datastax }),
    ...((!more.datastax || more.agents) && { capture: captureOf(running, more) }),
    workers: { local: 1, folder: running.workersFolder, ...more.workers },
    // A machine that is short of CPU makes a write wait for many seconds.
    validation: { expirySeconds: 30, ...more.validation },
    ...(more.accept && { accept: more.accept }),
  };
}

function captureOf(
  { agents }: { readonly agents: readonly { readonly node: SandboxNode; readonly folder: string }[] },
  more: ConfigParts,
) {
  return {
    mode: more.captureMode ?? 'commitlog',
    agents: agents.map(({ node, folder }) => ({
      node: node.address,
      commitLogDirectory: node.commitLogDir,
      cdcRawDirectory: node.cdcRawDir,
      folder,
      ...more.agents?.(node),
    })),
  };
}

function cassandraTarget(node: SandboxNode) {
  return { ...clusterOf([node]), replication: { class: 'SimpleStrategy', replication_factor: '1' } };
}

function clusterOf(nodes: readonly SandboxNode[]) {
  return {
    contactPoints: nodes.map(({ address, cqlPort }) => `${address}:${cqlPort}`),
    datacenter: nodes[0]!.datacenter,
  };
}

/** Ends what a command left running: the process of this pid file, if it runs still. */
async function end(pidFile: string): Promise<void> {
  const record = recordIn(pidFile);
  if (!record) return;
  const [command = '', ...rest] = record.command;
  await localShell({ stopGraceMs: 5_000 }).stop({ command, arguments: rest, logFile: '', pidFile });
}

/** The process id that a pid file holds. */
export function pidIn(pidFile: string): number | undefined {
  return recordIn(pidFile)?.pid;
}

function recordIn(pidFile: string) {
  try {
    return parsePidFile(readFileSync(pidFile, 'utf8'));
  } catch {
    return undefined;
  }
}
