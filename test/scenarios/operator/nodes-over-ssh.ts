import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openClient } from '../../../src/sandbox/demo/open-client.ts';
import type { Sandbox, SandboxNode } from '../../../src/sandbox/sandbox-state.ts';
import { type StartSandboxOptions, startSandbox } from '../../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration, type ConfigParts } from './a-migration.ts';
import type { Ended } from './cdcmig-process.ts';
import { type SshNode, sshNode } from './ssh-node.ts';
import { withoutCdc } from './without-cdc.ts';

export interface NodesOverSsh extends AsyncDisposable {
  readonly dir: string;
  readonly nodes: readonly SandboxNode[];
  readonly migration: AMigration;
  reached(node: SandboxNode): SshNode;
  /** Its cassandra.yaml before anything was done to it. */
  originalYaml(node: SandboxNode): Buffer;
  /** Of each node, in the order of the inventory. */
  restarts(): readonly number[];
  /** Runs a command that is cut when it restarts the second node: what it says then is that the first is done. */
  deployUntilCut(): Promise<void>;
  /** Again while a node is still on its way back: what the operator is told to do. */
  untilDone(...words: readonly string[]): Promise<Ended>;
}

export interface NodesOverSshParts extends Pick<StartSandboxOptions, 'cassandra'> {
  readonly name: string;
  /** Before its Cassandra is restarted for the first time. */
  readonly prepare?: (dir: string, node: SandboxNode) => void;
  readonly config: (dir: string, entryOf: (node: SandboxNode) => SshNode['entry']) => Promise<ConfigParts>;
}

/** Three nodes without CDC that hold keyspace shop, each reached over SSH, and a migration of it. */
export async function nodesOverSsh(parts: NodesOverSshParts): Promise<NodesOverSsh> {
  const dir = mkdtempSync(join(tmpdir(), `cdcmig-${parts.name}-`));
  const reached = new Map<string, SshNode>();
  const close = async () => {
    for (const node of reached.values()) await node.close();
    await wipeSandbox(dir);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    return await prepared(parts, { dir, reached, close });
  } catch (error) {
    await close();
    throw error;
  }
}

interface Begun {
  readonly dir: string;
  readonly reached: Map<string, SshNode>;
  readonly close: () => Promise<void>;
}

async function prepared({ name, cassandra, prepare, config }: NodesOverSshParts, { dir, reached, close }: Begun) {
  const sandbox = await startSandbox({ dir, cassandra, nodes: 3 });
  const originals = new Map<string, Buffer>();
  for (const node of sandbox.source) {
    prepare?.(dir, node);
    reached.set(node.name, await sshNode(dir, node));
    originals.set(node.name, await withoutCdc(dir, node));
  }
  await createShop(sandbox);
  const reachedOf = (node: SandboxNode) => reached.get(node.name)!;
  const migration = aMigration(
    { name, sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    await config(dir, (node) => reachedOf(node).entry),
  );
  return {
    ...{ dir, nodes: sandbox.source, migration },
    reached: reachedOf,
    originalYaml: (node: SandboxNode) => originals.get(node.name)!,
    restarts: () => sandbox.source.map((node) => reachedOf(node).restarts()),
    async deployUntilCut() {
      reachedOf(sandbox.source[1]!).cutNext('restart-sandbox-node.ts');
      const { exitCode, stderr } = await migration.run('run', '--phase', 'deploy-agent');
      expect(exitCode, stderr).toBe(1);
      const [first, second, third] = sandbox.source.map(({ address }) => address);
      expect(stderr).toContain('the connection broke before it had ended');
      expect(stderr).toContain(`done: ${first}; half done: ${second}; untouched: ${third}`);
    },
    untilDone: (...words: readonly string[]) => untilDone(migration, words),
    async [Symbol.asyncDispose]() {
      await migration[Symbol.asyncDispose]();
      await close();
    },
  };
}

async function createShop({ source }: Sandbox): Promise<void> {
  const client = await openClient(source[0]!);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  await client.shutdown();
}

async function untilDone(migration: AMigration, words: readonly string[]): Promise<Ended> {
  for (let attempt = 0; ; attempt++) {
    const ended = await migration.run(...words);
    if (ended.exitCode === 0 || attempt === 10) return ended;
    process.stderr.write(`${migration.name}: ${ended.stderr}\n`);
  }
}
