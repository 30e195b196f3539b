import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'cassandra-driver';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { killServer, startServer, stopServer } from '../../src/sandbox/control-server.ts';
import { identifyProcess } from '../../src/sandbox/process-identity.ts';
import { recordProcess, type Sandbox, type SandboxNode } from '../../src/sandbox/sandbox-state.ts';
import { type ServerCondition, sandboxStatus } from '../../src/sandbox/sandbox-status.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { stopSandbox, wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';

let dir = '';
let sandbox: Sandbox;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-sandbox-'));
  sandbox = await up();
  await query(sandbox.source[0]!, [
    "CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    'CREATE TABLE shop.orders (id int PRIMARY KEY, note text) WITH cdc = true',
  ]);
});

afterAll(async () => {
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

test('up once more leaves every process as it is and says so', async () => {
  const said: string[] = [];
  const again = await up({ onProgress: (text) => said.push(text) });
  expect(again).toEqual(sandbox);
  expect(said).toEqual(['source-1 is already up', 'target is already up', 'pulsar is already up']);
});

test('a folder with one kind of sandbox refuses another kind', async () => {
  await expect(up({ cassandra: '4.1' })).rejects.toThrow(/expected a sandbox with Cassandra 4.1.*sandbox reset/s);
});

test('a node that was killed comes back on its own address with what it had synced', async () => {
  const before = sandbox.source[0]!;
  await query(before, ["INSERT INTO shop.orders (id, note) VALUES (1, 'before the kill')"]);
  // With periodic sync a node that dies forgets what it wrote after its last sync marker, confirmed or not.
  await sleep(1500);
  await killServer(sandbox, 'source-1');
  const after = (await startServer(sandbox, 'source-1')).source[0]!;
  expect(await query(after, ['SELECT note FROM shop.orders WHERE id = 1'])).toEqual([{ note: 'before the kill' }]);
  expect([after.address, after.cqlPort]).toEqual([before.address, before.cqlPort]);
  expect(after.pid).not.toBe(before.pid);
});

test('a broker that was killed comes back on its own port with its topics', async () => {
  const topics = `${sandbox.pulsar.adminUrl}/admin/v2/persistent/public/default`;
  expect((await fetch(`${topics}/kept`, { method: 'PUT' })).status).toBe(204);
  await killServer(sandbox, 'pulsar');
  await startServer(sandbox, 'pulsar');
  expect(await (await fetch(topics)).json()).toContain('persistent://public/default/kept');
  // A BookKeeper that was caught in renewing its registration wrote this some hundred times a second.
  const renewals = readFileSync(sandbox.pulsar.logFile, 'utf8').match(/\/ledgers\/available\/\S+ was invalidated/g);
  expect(renewals?.length ?? 0).toBeLessThan(5);
});

test('up starts again what has died, and nothing else', async () => {
  const before = (await sandboxStatus(dir)).sandbox!;
  process.kill(before.target.pid!, 'SIGKILL');
  await expect.poll(() => conditions()).toMatchObject({ 'source-1': 'ready', target: 'died', pulsar: 'ready' });
  const after = await up();
  expect([after.source, after.pulsar]).toEqual([before.source, before.pulsar]);
  expect(after.target.pid).not.toBe(before.target.pid);
  expect(await conditions()).toEqual({ 'source-1': 'ready', target: 'ready', pulsar: 'ready' });
});

test('a drained node leaves its last segment complete for CDC', async () => {
  await query((await sandboxStatus(dir)).sandbox!.source[0]!, ["INSERT INTO shop.orders (id, note) VALUES (2, 'x')"]);
  await stopServer(sandbox, 'source-1');
  const raw = sandbox.source[0]!.cdcRawDir;
  const indexes = readdirSync(raw).filter((name) => name.endsWith('_cdc.idx'));
  expect(readFileSync(join(raw, indexes.sort().at(-1)!), 'utf8')).toMatch(/^\d+\nCOMPLETED/);
  await startServer(sandbox, 'source-1');
});

test('a start that is interrupted leaves nothing running', async () => {
  const other = mkdtempSync(join(tmpdir(), 'cdcmig-sandbox-'));
  try {
    const begun = startSandbox({ dir: other, cassandra: '5.0', nodes: 1, signal: AbortSignal.timeout(2500) });
    await expect(begun).rejects.toThrow();
    expect((await sandboxStatus(other)).servers.map((server) => server.condition)).toEqual(
      Array.from({ length: 3 }, () => 'stopped'),
    );
    expect(processesOf(other)).toEqual([]);
  } finally {
    await wipeSandbox(other);
    rmSync(other, { recursive: true, force: true });
  }
});

test('down ends all servers, keeps their data, and spares a stranger that now has the pid of one', async () => {
  const stranger = spawn('sleep', ['300']);
  await killServer(sandbox, 'target');
  recordProcess(dir, 'target', { pid: stranger.pid!, startMark: '1' });
  expect(await stopSandbox(dir)).toEqual(['source-1', 'pulsar']);
  expect(processesOf(dir)).toEqual([]);
  expect(identifyProcess(stranger.pid!)).not.toBeNull();
  stranger.kill();
  const again = await up();
  expect(await query(again.source[0]!, ['SELECT id FROM shop.orders WHERE id = 1'])).toEqual([{ id: 1 }]);
});

test('a wiped sandbox leaves no file of its own, and every file of others', async () => {
  writeFileSync(join(dir, 'notes.txt'), 'mine');
  await wipeSandbox(dir);
  expect(readdirSync(dir)).toEqual(['notes.txt']);
  expect(processesOf(dir)).toEqual([]);
});

function up(part: Partial<Parameters<typeof startSandbox>[0]> = {}): Promise<Sandbox> {
  return startSandbox({ dir, cassandra: '5.0', nodes: 1, ...part });
}

async function conditions(): Promise<Record<string, ServerCondition>> {
  const { servers } = await sandboxStatus(dir);
  return Object.fromEntries(servers.map((server) => [server.name, server.condition]));
}

/** Whatever process names this sandbox's folder, recorded or not. */
function processesOf(folder: string): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => identifyProcess(Number(pid))?.commandLine ?? '');
  return lines.filter((line) => line.includes(`@${folder}/`));
}

async function query(node: SandboxNode, statements: readonly string[]) {
  const client = new Client({
    contactPoints: [`${node.address}:${node.cqlPort}`],
    localDataCenter: node.datacenter,
    socketOptions: { readTimeout: 30_000 },
  });
  try {
    let rows: object[] = [];
    for (const statement of statements) rows = (await client.execute(statement)).rows?.map((row) => ({ ...row })) ?? [];
    return rows;
  } finally {
    await client.shutdown();
  }
}
