import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { readSandbox, type Sandbox, type SandboxNode, serverNamed } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { waitForReady } from '../../src/sandbox/wait-for-ready.ts';
import { compileJava } from '../support/compile-java.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';

const patience = 600_000;
const operator = fileURLToPath(new URL('operator', import.meta.url));
const program = fileURLToPath(new URL('../../bin/cdcmig.ts', import.meta.url));
/** The real one, to be named by who has it. */
const given = process.env.CDCMIG_DATASTAX_AGENT;
const originalScript = (dir: string) => `JVM_OPTS="$JVM_OPTS -Dcdcmig.standIn=${join(dir, 'stand-in')}"\n`;

let dir = '';
let sandbox: Sandbox;
let node: SandboxNode;
let migration: AMigration;
let originalYaml: Buffer;

beforeAll(async () => {
  if (given === undefined)
    process.stderr.write('skipped: the real DataStax agent; name its jar in CDCMIG_DATASTAX_AGENT. A stand-in runs.\n');
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-install-'));
  sandbox = await startSandbox({ dir, cassandra: '4.0', nodes: 1 });
  node = sandbox.source[0]!;
  writeFileSync(join(dir, 'cassandra-env.sh'), originalScript(dir), { mode: 0o640 });
  await withoutCdc();
  const client = await openClient(node);
  await client.execute("CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  await client.execute('CREATE TABLE shop.things (id int PRIMARY KEY, name text)');
  for (let id = 0; id < 100; id++) await client.execute(`INSERT INTO shop.things (id, name) VALUES (${id}, 'old')`);
  await client.shutdown();
  const localJar = await theJar();
  const sha256 = createHash('sha256').update(readFileSync(localJar)).digest('hex');
  migration = aMigration(
    { name: 'install', sandbox, keyspace: 'shop', targetKeyspace: 'shop_moved' },
    { datastax: { settleSeconds: 2, agent: { localJar, sha256 } }, agents: () => entry() },
  );
  const words = ['demo', 'datastax-agent', '--config', migration.configFile, '--node', node.address];
  const line = [process.execPath, program, ...words, '--commit-log', node.commitLogDir];
  writeFileSync(join(dir, 'stand-in'), `${line.join('\n')}\n`);
}, patience);

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
}, patience);

async function theJar(): Promise<string> {
  if (given !== undefined) {
    const copy = join(dir, basename(given));
    copyFileSync(given, copy);
    return copy;
  }
  const classes = await compileJava({ source: join(operator, 'StandInAgent.java'), release: 'stand-in', jars: [] });
  const [manifest, jar] = [join(dir, 'manifest'), join(dir, 'agent-c4-2.3.9-all.jar')];
  writeFileSync(manifest, 'Premain-Class: StandInAgent\n');
  execFileSync('jar', ['--create', '--file', jar, '--manifest', manifest, '-C', classes, '.']);
  return jar;
}

/** As a package's start script does: what cassandra-env.sh says is read before Java starts. */
function entry(): object {
  const start = `. "${join(dir, 'cassandra-env.sh')}"; JDK_JAVA_OPTIONS="$JVM_OPTS"; export JDK_JAVA_OPTIONS; exec "$@"`;
  const again = [process.execPath, join(operator, 'restart-sandbox-node.ts'), dir, node.name];
  return {
    cassandraYaml: node.yamlFile,
    cassandraEnv: join(dir, 'cassandra-env.sh'),
    // A node that is alone has no JMX, and drains when it is asked to end.
    nodetool: ['true'],
    restart: ['sh', '-c', start, 'sh', ...again],
  };
}

/** As most clusters are: the sandbox's own begin with CDC. */
async function withoutCdc(): Promise<void> {
  const text = readFileSync(node.yamlFile, 'utf8').replace('cdc_enabled: true', 'cdc_enabled: false');
  writeFileSync(node.yamlFile, text, { mode: 0o640 });
  originalYaml = readFileSync(node.yamlFile);
  const script = join(operator, 'restart-sandbox-node.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, dir, node.name], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  await waitForReady(serverNamed(readSandbox(dir)!, node.name));
}

async function succeeds(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await migration.run(...words);
  expect(exitCode, stderr).toBe(0);
  return `${stdout}${stderr}`;
}

describe(`a node of Cassandra 4.0 with ${given === undefined ? 'a stand-in for the DataStax agent' : basename(given)}`, () => {
  test('is shown what it would get, and gets nothing', async () => {
    const shown = await succeeds('run', '--phase', 'deploy-agent', '--dry-run');
    expect(shown).toMatch(/cassandra-env\.sh \+\d+: JVM_OPTS="\$JVM_OPTS -javaagent:/);
    expect(shown).toMatch(/cdc_enabled: true/);
    expect(readFileSync(node.yamlFile)).toEqual(originalYaml);
    expect(readFileSync(join(dir, 'cassandra-env.sh'), 'utf8')).toBe(originalScript(dir));
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
    expect(undone).toMatch(/cassandra-env\.sh is what it was, byte for byte/);
    expect(readFileSync(node.yamlFile)).toEqual(originalYaml);
    expect(readFileSync(join(dir, 'cassandra-env.sh'), 'utf8')).toBe(originalScript(dir));
    expect(existsSync(migration.agentFolder)).toBe(false);
    const pid = serverNamed(readSandbox(dir)!, node.name).pid!;
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('-javaagent:');
  });
});
