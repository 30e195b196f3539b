import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startServer, stopServer } from '../../src/sandbox/control-server.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import type { Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import { createKeyspace, fillRows } from './operator/two-sides.ts';

const patience = 240_000;
const keyspace = 'holes';
const cutover = ['run', '--phase', 'cutover', '--writes-stopped', '--confirm', keyspace] as const;

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-hole-'));
  sandbox = await startSandbox({ dir, cassandra: '5.0', nodes: 1 });
  await onSource(async (client) => {
    await createKeyspace(client, keyspace, ['CREATE TABLE KS.things (id int PRIMARY KEY, name text)']);
    await fillRows(client, 500, (n) => ({
      cql: `INSERT INTO ${keyspace}.things (id, name) VALUES (?, ?)`,
      values: [n, `name ${n}`],
    }));
  });
  migration = aMigration({ name: keyspace, sandbox, keyspace, targetKeyspace: `${keyspace}_moved` });
});

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

test('an agent that was away while its node let go of segments reports a hole', { timeout: patience }, async () => {
  for (const phase of ['deploy-agent', 'start-source', 'snapshot-migrate', 'start-sink', 'validate'])
    await expectDone('run', '--phase', phase);
  expect((await status()).nodes).toMatchObject([{ hasHole: false }]);
  await expectDone('undo', 'deploy-agent', '--keep-folders');
  // The agent's folder still has the segments that the node writes at the moment and next, and sees what comes into those.
  await fillThreeSegments();
  await write('lost');
  // A node that is stopped in order flushes its tables, and its next start deletes the segments.
  await stopServer(sandbox, 'source-1');
  await startServer(sandbox, 'source-1');
  await expectDone('run', '--phase', 'deploy-agent');
  const log = join(migration.agentFolder, 'agent.log');
  await expect.poll(() => readFileSync(log, 'utf8'), { timeout: 30_000 }).toContain('"kind":"capture-hole"');
});

test('status tells a hole from there on', { timeout: patience }, async () => {
  await expect.poll(async () => (await status()).nodes, { timeout: 60_000 }).toMatchObject([{ hasHole: true }]);
  const { stdout } = await migration.run('status');
  expect(stdout).toMatch(/capture unbroken since 20\S+: a HOLE/);
  expect(stdout).toMatch(/agent \(commitlog, said at .*: ok, \d+ segments/);
  expect(stdout).toMatch(/slice in doubt: things: segments .* written between .*: came and went unseen by the agent/);
});

test('validate finds the change that was lost', { timeout: patience }, async () => {
  const found = await migration.run('validate', '--json');
  expect(found).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('1 mismatched') });
  expect(JSON.parse(found.stdout)).toMatchObject({ differences: [{ kind: 'mismatch', columns: ['name'] }] });
});

test('cutover ends with 6 and names the hole and the row', { timeout: patience }, async () => {
  const { exitCode, stderr } = await migration.run(...cutover);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/a hole in the capture of/),
  });
  expect(stderr).toMatch(/mismatch at \(0x00000007\) in name/);
});

test('the repair writes the change that was lost, and names it', { timeout: patience }, async () => {
  const { exitCode, stdout, stderr } = await migration.run('validate', '--repair');
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('repaired things (0x00000007): was mismatch, equal now');
});

test('once the row is repaired, a clean comparison closes the hole', { timeout: patience }, async () => {
  const { exitCode, stdout, stderr } = await migration.run(...cutover, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  const gates = stdout.split('\n').filter((line) => line.includes('capture unbroken since the hand-over'));
  expect(JSON.parse(gates.at(-1)!)).toMatchObject({
    isOpen: true,
    reason: expect.stringMatching(/^a hole on .*compared equal since$/),
  });
  const target = await openClient(sandbox.target, `${keyspace}_moved`);
  const { rows } = await target.execute('SELECT name FROM things WHERE id = 7').finally(() => target.shutdown());
  expect(rows).toMatchObject([{ name: 'lost' }]);
});

test('after the cutover nothing is repaired: the target’s own writes count', { timeout: patience }, async () => {
  const { exitCode, stderr } = await migration.run('validate', '--repair');
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('the target has taken over'),
  });
});

test('the comparison after the drain has settled what was in doubt', async () => {
  expect((await status()).openSlices).toEqual([]);
});

test('cutover once more says that it was done before', { timeout: patience }, async () => {
  const { exitCode, stderr } = await migration.run(...cutover);
  expect({ exitCode, stderr }).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('drain: was cut over before'),
  });
});

interface Status {
  readonly nodes: readonly { readonly hasHole: boolean }[];
  readonly openSlices: readonly object[];
}

async function status(): Promise<Status> {
  const { exitCode, stdout, stderr } = await migration.run('status', '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

async function expectDone(...words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await migration.run(...words);
  expect(exitCode, stderr).toBe(0);
}

async function write(name: string): Promise<void> {
  await onSource((client) => client.execute(`UPDATE ${keyspace}.things SET name = ? WHERE id = 7`, [name]));
}

async function fillThreeSegments(): Promise<void> {
  const page = Buffer.alloc(64 * 1024);
  await onSource(async (client) => {
    await createKeyspace(client, 'padding', ['CREATE TABLE KS.pages (id int PRIMARY KEY, page blob)']);
    await fillRows(client, 200, (n) => ({
      cql: 'INSERT INTO padding.pages (id, page) VALUES (?, ?)',
      values: [n, page],
    }));
  });
}

async function onSource(work: (client: Awaited<ReturnType<typeof openClient>>) => Promise<unknown>): Promise<void> {
  const client = await openClient(sandbox.source[0]!);
  await work(client).finally(() => client.shutdown());
}
