import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { readSandbox, type Sandbox, type SandboxNode, serverNamed } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { datastaxJar, startScript, tellStandIn, throughScript } from './operator/datastax-jar.ts';
import { withoutCdc } from './operator/without-cdc.ts';

const patience = 600_000;
const restartScript = fileURLToPath(new URL('operator/restart-sandbox-node.ts', import.meta.url));
/** The real one, to be named by who has it. */
const given = process.env.CDCMIG_DATASTAX_AGENT;

let dir = '';
let sandbox: Sandbox;
let node: SandboxNode;
let migration: AMigration;
let originalYaml: Buffer;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-install-'));
  sandbox = await startSandbox({ dir, cassandra: '4.0', nodes: 1 });
  node = sandbox.source[0]!;
  writeFileSync(script().file, script().text, { mode: 0o640 });
  originalYaml = await withoutCdc(dir, node);
  const client = await openClient(node);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  for (let id = 0; id < 100; id++) await client.execute(`INSERT INTO shop.things (id, name) VALUES (${id}, 'old')`);
  await client.shutdown();
  migration = aMigration(
    { name: 'install', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    { datastax: { settleSeconds: 2, agent: await datastaxJar(dir) }, agents: () => entry() },
  );
  tellStandIn(dir, node, migration.configFile);
}, patience);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, patience);

/** A node that is alone has no JMX, and drains when it is asked to end. */
function entry(): object {
  const again = [process.execPath, restartScript, dir, node.name];
  return {
    ...{ cassandraYaml: node.yamlFile, cassandraEnv: script().file, nodetool: ['true'] },
    restart: throughScript(dir, node, again),
  };
}

const script = () => startScript(dir, node);

async function succeeds(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await migration.run(...words);
  expect(exitCode, stderr).toBe(0);
  return `${stdout}${stderr}`;
}

describe(`a node of Cassandra 4.0 with ${given === undefined ? 'a stand-in for the DataStax agent' : basename(given)}`, () => {
  test('is shown what it would get, and gets nothing', async () => {
    const shown = await succeeds('run', '--phase', 'deploy-agent', '--dry-run');
    expect(shown).toMatch(/-env\.sh \+\d+: JVM_OPTS="\$JVM_OPTS -javaagent:/);
    expect(shown).toMatch(/cdc_enabled: true/);
    expect(readFileSync(node.yamlFile)).toEqual(originalYaml);
    expect(readFileSync(script().file, 'utf8')).toBe(script().text);
  });

  test('gets the agent by its start script, and the agent is heard', { timeout: patience }, async () => {
    const done = await succeeds('run', '--phase', 'deploy-agent');
    expect(done).toContain('installed on 1 nodes');
    expect(readFileSync(node.yamlFile, 'utf8')).toContain('cdc_enabled: true');
    expect(await succeeds('run', '--phase', 'deploy-agent')).toContain('installed already');
  });

  test('is moved while it is written', { timeout: patience }, async () => {
    await succeeds('run', '--phase', 'start-source');
    await succeeds('run', '--phase', 'snapshot-migrate');
    const client = await openClient(node);
    for (let id = 0; id < 50; id++) await client.execute(`UPDATE shop.things SET name = 'new' WHERE id = ${id}`);
    for (let id = 50; id < 60; id++) await client.execute(`DELETE FROM shop.things WHERE id = ${id}`);
    await client.shutdown();
    await succeeds('run', '--phase', 'validate');
    await succeeds('run', '--phase', 'start-sink');
    await succeeds('validate');
  });

  test('is what it was after undo, byte for byte, and runs without the agent', { timeout: patience }, async () => {
    const undone = await succeeds('undo', 'deploy-agent');
    expect(undone).toMatch(/-env\.sh is what it was, byte for byte/);
    expect(readFileSync(node.yamlFile)).toEqual(originalYaml);
    expect(readFileSync(script().file, 'utf8')).toBe(script().text);
    expect(existsSync(migration.agentFolder)).toBe(false);
    const pid = serverNamed(readSandbox(dir)!, node.name).pid!;
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('-javaagent:');
  });
});
