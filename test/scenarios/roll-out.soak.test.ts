import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { readSandbox, type Sandbox, type SandboxNode, serverNamed } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { waitForReady } from '../../src/sandbox/wait-for-ready.ts';
import { type SshServer, startSshServer } from '../adapters/ssh/an-ssh-server.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';

const patience = 600_000;
const scripts = fileURLToPath(new URL('operator', import.meta.url));

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;
const servers = new Map<string, SshServer>();
/** Of the node by whose name it goes, the next command with this text is cut before its end is told. */
let cutNext: { readonly node: string; readonly text: string } | undefined;
const originals = new Map<string, Buffer>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-roll-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 3 });
  for (const node of sandbox.source) await withoutCdc(node);
  for (const node of sandbox.source) originals.set(node.name, readFileSync(node.yamlFile));
  const client = await openClient(sandbox.source[0]!);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  await client.shutdown();
  const agents = await Promise.all(sandbox.source.map(async (node) => [node.name, await entryOf(node)] as const));
  migration = aMigration(
    { name: 'roll', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    { captureMode: 'cdc', agents: ({ name }) => new Map(agents).get(name)! },
  );
}, patience);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  for (const server of servers.values()) await server.close();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, patience);

/** As most clusters are: the sandbox's own begin with CDC. */
async function withoutCdc(node: SandboxNode): Promise<void> {
  const text = readFileSync(node.yamlFile, 'utf8').replace(
    'cdc_enabled: true',
    '# Of the operator.\ncdc_enabled: false',
  );
  writeFileSync(node.yamlFile, text, { mode: 0o640 });
  const { status, stderr } = spawnSync(process.execPath, onNode('restart-sandbox-node.ts', node), { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  await waitForReady(serverNamed(readSandbox(dir)!, node.name));
}

function onNode(script: string, { name }: SandboxNode): readonly string[] {
  return [join(scripts, script), dir, name];
}

async function entryOf(node: SandboxNode): Promise<object> {
  const cutAt = (_: number, command: string) => {
    if (cutNext?.node !== node.name || !command.includes(cutNext.text)) return undefined;
    cutNext = undefined;
    return 'before its end is told' as const;
  };
  const server = await startSshServer({ cutAt });
  servers.set(node.name, server);
  const { host, port, user, knownHosts, privateKey } = server.endpoint;
  const [known, key] = ['known_hosts', 'key'].map((file) => join(dir, `${node.name}.${file}`));
  writeFileSync(known!, knownHosts);
  writeFileSync(key!, privateKey!());
  return {
    ssh: { host, port, user, key: `file:${key}`, knownHosts: [known] },
    cassandraYaml: node.yamlFile,
    nodetool: [process.execPath, ...onNode('sandbox-nodetool.ts', node)],
    restart: [process.execPath, ...onNode('restart-sandbox-node.ts', node)],
  };
}

const restarts = (node: SandboxNode) =>
  servers.get(node.name)!.commands.filter((command) => command.includes('restart-sandbox-node.ts')).length;

/** Again while a node is still on its way back: what the operator is told to do. */
async function untilDone(...words: readonly string[]): Promise<Ended> {
  for (let attempt = 0; ; attempt++) {
    const ended = await migration.run(...words);
    if (ended.exitCode === 0 || attempt === 10) return ended;
    process.stderr.write(`roll-out: ${ended.stderr}\n`);
  }
}

test('a connection that is cut in the middle stops the roll-out and says what is half done', async () => {
  cutNext = { node: 'source-2', text: 'restart-sandbox-node.ts' };
  const { exitCode, stderr } = await migration.run('run', '--phase', 'deploy-agent');
  expect(exitCode, stderr).toBe(1);
  const [first, second, third] = sandbox.source.map(({ address }) => address);
  expect(stderr).toContain('the connection broke before it had ended');
  expect(stderr).toContain(`done: ${first}; half done: ${second}; untouched: ${third}`);
  expect(readFileSync(sandbox.source[2]!.yamlFile)).toEqual(originals.get('source-3'));
});

test('the same command goes on, and every node has CDC, an agent and a canary that came through', async () => {
  const { exitCode, stderr } = await untilDone('run', '--phase', 'deploy-agent');
  expect(exitCode, stderr).toBe(0);
  for (const node of sandbox.source) {
    expect(readFileSync(node.yamlFile, 'utf8')).toContain('\ncdc_enabled: true\n');
    expect(existsSync(`/proc/${pidIn(join(migration.agentFolderOf(node), 'agent.pid'))}`)).toBe(true);
  }
  expect(sandbox.source.map(restarts)).toEqual([1, 1, 1]);
  expect(await migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
});

test('undo leaves every node as it was, byte for byte', async () => {
  const { exitCode, stderr } = await untilDone('undo', 'deploy-agent');
  expect(exitCode, stderr).toBe(0);
  for (const node of sandbox.source) {
    expect(readFileSync(node.yamlFile)).toEqual(originals.get(node.name));
    expect(existsSync(migration.agentFolderOf(node))).toBe(false);
  }
  expect(sandbox.source.map(restarts)).toEqual([2, 2, 2]);
  const client = await openClient(sandbox.source[0]!);
  const { rows } = await client.execute("SELECT value FROM system_views.settings WHERE name = 'cdc_enabled'");
  await client.shutdown();
  expect(rows.map(({ value }) => value)).toEqual(['false']);
});
