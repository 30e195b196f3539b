import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import type { Sandbox, SandboxNode } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';
import { type SshNode, sshNode } from './operator/ssh-node.ts';
import { withoutCdc } from './operator/without-cdc.ts';

const patience = 600_000;

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;
const reached = new Map<string, SshNode>();
const originals = new Map<string, Buffer>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-roll-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 3 });
  for (const node of sandbox.source) {
    originals.set(node.name, await withoutCdc(dir, node));
    reached.set(node.name, await sshNode(dir, node));
  }
  const client = await openClient(sandbox.source[0]!);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  await client.shutdown();
  migration = aMigration(
    { name: 'roll', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    { captureMode: 'cdc', agents: entryOf },
  );
}, patience);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  for (const node of reached.values()) await node.close();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, patience);

function entryOf(node: SandboxNode): object {
  return { ...reached.get(node.name)!.entry, cassandraYaml: node.yamlFile };
}

const restarts = ({ name }: SandboxNode) => reached.get(name)!.restarts();

/** Again while a node is still on its way back: what the operator is told to do. */
async function untilDone(...words: readonly string[]): Promise<Ended> {
  for (let attempt = 0; ; attempt++) {
    const ended = await migration.run(...words);
    if (ended.exitCode === 0 || attempt === 10) return ended;
    process.stderr.write(`roll-out: ${ended.stderr}\n`);
  }
}

test('a connection that is cut in the middle stops the roll-out and says what is half done', async () => {
  reached.get('source-2')!.cutNext('restart-sandbox-node.ts');
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
