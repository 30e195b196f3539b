import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { readSandbox, type Sandbox, type SandboxNode, serverNamed } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { datastaxJar, startScript, tellStandIn, throughScript } from './operator/datastax-jar.ts';
import { type SshNode, sshNode } from './operator/ssh-node.ts';
import { withoutCdc } from './operator/without-cdc.ts';

const patience = 600_000;

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;
const reached = new Map<string, SshNode>();
const originals = new Map<string, Buffer>();

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-install-'));
  sandbox = await startSandbox({ dir, cassandra: '4.0', nodes: 3 });
  for (const node of sandbox.source) await prepare(node);
  const client = await openClient(sandbox.source[0]!);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  await client.shutdown();
  migration = aMigration(
    { name: 'install', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    { datastax: { settleSeconds: 2, agent: await datastaxJar(dir) }, agents: entryOf },
  );
  for (const node of sandbox.source) tellStandIn(dir, node, migration.configFile);
}, patience);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  for (const node of reached.values()) await node.close();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, patience);

async function prepare(node: SandboxNode): Promise<void> {
  const { file, text } = startScript(dir, node);
  writeFileSync(file, text, { mode: 0o640 });
  reached.set(node.name, await sshNode(dir, node));
  originals.set(node.name, await withoutCdc(dir, node));
}

function entryOf(node: SandboxNode): object {
  const { entry } = reached.get(node.name)!;
  return {
    ...entry,
    restart: throughScript(dir, node, entry.restart),
    cassandraYaml: node.yamlFile,
    cassandraEnv: startScript(dir, node).file,
  };
}

/** Again while a node is still on its way back: what the operator is told to do. */
async function untilDone(...words: readonly string[]): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    const { exitCode, stdout, stderr } = await migration.run(...words);
    if (exitCode === 0) return `${stdout}${stderr}`;
    if (attempt === 10) throw new Error(stderr);
    process.stderr.write(`install: ${stderr}\n`);
  }
}

const restarts = () => sandbox.source.map(({ name }) => reached.get(name)!.restarts());
const scriptOf = (node: SandboxNode) => readFileSync(startScript(dir, node).file, 'utf8');
const runsWithAgent = ({ name }: SandboxNode) =>
  readFileSync(`/proc/${serverNamed(readSandbox(dir)!, name).pid!}/environ`, 'utf8').includes('-javaagent:');

test('a connection that is cut in the middle stops the installation and says what is half done', async () => {
  reached.get('source-2')!.cutNext('restart-sandbox-node.ts');
  const { exitCode, stderr } = await migration.run('run', '--phase', 'deploy-agent');
  expect(exitCode, stderr).toBe(1);
  const [first, second, third] = sandbox.source.map(({ address }) => address);
  expect(stderr).toContain('the connection broke before it had ended');
  expect(stderr).toContain(`done: ${first}; half done: ${second}; untouched: ${third}`);
  const last = sandbox.source[2]!;
  expect(scriptOf(last)).toBe(startScript(dir, last).text);
  expect(readFileSync(last.yamlFile)).toEqual(originals.get(last.name));
});

test('the same command goes on, and every node has the agent, which is heard', async () => {
  expect(await untilDone('run', '--phase', 'deploy-agent')).toMatch(/installed on [12] nodes|installed already/);
  for (const node of sandbox.source) {
    expect(readFileSync(node.yamlFile, 'utf8')).toContain('\ncdc_enabled: true\n');
    expect(scriptOf(node)).toContain('-javaagent:');
    expect(runsWithAgent(node)).toBe(true);
  }
  // What was cut had restarted its node all the same, and is not done twice.
  expect(restarts()).toEqual([1, 1, 1]);
  expect(await untilDone('run', '--phase', 'deploy-agent')).toContain('installed already');
  expect(await migration.run('run', '--phase', 'start-source')).toMatchObject({ exitCode: 0 });
});

test('undo leaves every node as it was, byte for byte, and running without the agent', async () => {
  reached.get('source-1')!.cutNext('-env.sh');
  const first = await migration.run('undo', 'deploy-agent');
  expect(first.exitCode, first.stderr).toBe(1);
  await untilDone('undo', 'deploy-agent');
  for (const node of sandbox.source) {
    expect(readFileSync(node.yamlFile)).toEqual(originals.get(node.name));
    expect(scriptOf(node)).toBe(startScript(dir, node).text);
    expect(existsSync(migration.agentFolderOf(node))).toBe(false);
    expect(runsWithAgent(node)).toBe(false);
  }
  expect(restarts()).toEqual([2, 2, 2]);
});
