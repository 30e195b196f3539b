import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Coverage } from '../../src/model/coverage.ts';
import type { MigrationStatus } from '../../src/model/migration-status.ts';
import { replicasOfRing } from '../../src/model/ring-replicas.ts';
import { killServer, startServer } from '../../src/sandbox/control-server.ts';
import { runApplication } from '../../src/sandbox/demo/application.ts';
import { compareKeyspaces } from '../../src/sandbox/demo/compare.ts';
import { demoDdl } from '../../src/sandbox/demo/demo-schema.ts';
import { fill } from '../../src/sandbox/demo/fill.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { joinNode } from '../../src/sandbox/join-node.ts';
import { nodetool } from '../../src/sandbox/nodetool.ts';
import { readSandbox, type Sandbox } from '../../src/sandbox/sandbox-state.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { wipeSandbox } from '../../src/sandbox/stop-sandbox.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';

const patience = 180_000;
const keyspace = 'shop';
const allRows = 3_000;
const { one, all } = types.consistencies;
/** Changes older than this after the hand-over are read again instead of being applied, and a copy is then no duplicate. */
const directAfterMs = 61_000;

let dir = '';
let sandbox: Sandbox;
let migration: AMigration;
let source: Client;
let handedOverAt = 0;
/** Milliseconds since 1970: writes of this spell may have been with source-3 alone when it was killed. */
let killed: { readonly from: number; readonly to: number };

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'cdcmig-three-'));
  sandbox = await timed('sandbox', () => startSandbox({ dir, cassandra: '5.0', nodes: 3 }));
  const admin = await openClient(sandbox.source[0]!);
  for (const ddl of [...demoDdl(keyspace, sandbox.source[0]!.datacenter, 3), ...ownTables])
    await admin.execute(ddl, [], { prepare: false });
  await admin.shutdown();
  source = await openClient(sandbox.source[0]!, keyspace);
  await timed('rows', () => fill(source, allRows, 1));
  for (let id = 0; id < repaired; id++)
    for (let at = 0; at < 10; at++)
      await source.execute('INSERT INTO spans (id, at, note) VALUES (?, ?, ?)', [id, at, 'first'], { prepare: true });
  migration = aMigration({ name: 'three', sandbox, keyspace, targetKeyspace: 'shop_moved' });
});

afterAll(async () => {
  await migration?.[Symbol.asyncDispose]();
  await source?.shutdown();
  await wipeSandbox(dir);
  rmSync(dir, { recursive: true, force: true });
});

const allTables = ['customers', 'marks', 'orders', 'profiles', 'readings', 'sessions', 'spans', 'visits'];

const ownTables = [
  `CREATE TABLE ${keyspace}.marks (id int PRIMARY KEY, note text)`,
  `CREATE TABLE ${keyspace}.spans (id int, at int, note text, PRIMARY KEY (id, at))`,
];

test('a row has three captured replicas once agents follow', { timeout: patience }, async () => {
  await run('deploy-agent');
  await run('start-source');
  handedOverAt = Date.now();
  for (const phase of ['snapshot-migrate', 'start-sink']) await run(phase);
  const { coverage, alarms } = await status();
  expect(coverage.groups).toMatchObject([{ covered: 3, replicas: 3, ranges: 3 }]);
  expect(coverage.levels.filter(({ rangesShort }) => rangesShort > 0)).toEqual([]);
  expect(alarms).toEqual([]);
});

test('a node is killed under writes, an agent beside it: both are noticed', { timeout: patience }, async () => {
  const from = Date.now();
  const application = writeInBackground();
  await sleep(1_500);
  killAgent(1);
  await killServer(sandbox, 'source-3');
  killed = { from, to: Date.now() };
  await sleep(3_000);
  await application.stop();
  // What is written now gives no hint: only read repair and repair can bring it to the node that is down.
  for (const name of ['source-1', 'source-2'] as const) await nodetool(sandbox, name, ['disablehandoff']);
  await writeApart();
  const noticed = await timed('noticed', () =>
    untilStatus(({ alarms }) => alarms.some(({ address }) => address === sandbox.source[1]!.address)),
  );
  expect(noticed.alarms).toMatchObject([{ reason: expect.stringMatching(/its agent has not been heard for/) }]);
  expect(noticed.coverage.groups).toMatchObject([{ covered: 2, replicas: 3 }]);
  const short = noticed.coverage.levels.filter(({ rangesShort }) => rangesShort > 0).map(({ level }) => level);
  expect(short).toEqual(['ONE', 'LOCAL_ONE']);
  // A node that is down has an agent that follows its log all the same.
  expect(noticed.nodes.map(({ hasHole }) => hasHole)).toEqual([false, false, false]);
});

test('back again, hints arrive late and add nothing but repeats', { timeout: patience }, async () => {
  await timed('node back', () => startServer(sandbox, 'source-3'));
  for (const name of ['source-1', 'source-2'] as const) await nodetool(sandbox, name, ['enablehandoff']);
  await run('deploy-agent');
  await timed('hints', () => expect.poll(pendingHints, { timeout: 90_000, interval: 1_000 }).toBe(0));
  const { alarms, nodes, openSlices } = await untilStatus(({ alarms }) => alarms.length === 0);
  expect(alarms).toEqual([]);
  // Neither missed anything: the agent's node was up all the time, and the node's agent.
  expect(nodes.map(({ hasHole }) => hasHole)).toEqual([false, false, false]);
  // What the driver sent again when its node was killed has one write time and, with a TTL, two ends: a tie.
  expect(openSlices.filter(({ reason }) => !reason.includes('same timestamp'))).toEqual([]);
});

test('a read at ALL mends what a node missed, and nodetool repair the rest', { timeout: patience }, async () => {
  for (let id = 0; id < readRepaired; id++) {
    await source.execute('SELECT * FROM marks WHERE id = ?', [id], { prepare: true, consistency: all });
    await source.execute('SELECT * FROM spans WHERE id = ?', [id], { prepare: true, consistency: all });
  }
  expect(await nodetool(sandbox, 'source-3', ['repair', '-full', keyspace])).toContain('Repair completed successfully');
});

test('every replica’s copy is published, and two of three are dropped', { timeout: patience }, async () => {
  await sleep(Math.max(0, handedOverAt + directAfterMs - Date.now()));
  await untilCaughtUp();
  const before = (await status()).stream;
  for (let id = 1_000; id < 1_200; id++)
    await source.execute('INSERT INTO marks (id, note) VALUES (?, ?)', [id, 'direct'], { prepare: true });
  await untilCaughtUp();
  const after = (await status()).stream;
  const grown = (count: keyof typeof after) => (after[count] as number) - (before[count] as number);
  expect({ applied: grown('applied'), duplicates: grown('duplicates') }).toEqual({ applied: 200, duplicates: 400 });
  expect(after.received).toBe(
    after.applied +
      after.duplicates +
      after.superseded +
      after.recopied +
      after.deadLettered +
      after.parked +
      after.ignored,
  );
});

test('a node that joins without an agent is an alarm and puts every table in doubt', {
  timeout: patience,
}, async () => {
  const joined = await timed('join', () => joinNode(sandbox));
  const application = writeInBackground();
  const noticed = await timed('noticed', () =>
    untilStatus(({ alarms, coverage, openSlices }) => {
      const inDoubt = openSlices.filter(({ reason }) => reason.includes('no agent on')).map(({ table }) => table);
      return alarms.length === 1 && new Set(inDoubt).size === allTables.length && coverage.groups?.length === 2;
    }),
  );
  await application.stop();
  const { address } = joined.source[3]!;
  expect(noticed.alarms).toMatchObject([{ address, reason: expect.stringContaining('has no agent') }]);
  expect(new Set(noticed.openSlices.map(({ table }) => table))).toEqual(new Set(allTables));
  expect(noticed.coverage.groups).toMatchObject([
    { covered: 2, replicas: 3, ranges: 3 },
    { covered: 3, replicas: 3, ranges: 1 },
  ]);
});

test.each([
  [keyspace, { class: 'NetworkTopologyStrategy', datacenter1: '3' }],
  ['system_traces', { class: 'SimpleStrategy', replication_factor: '2' }],
])('replicas of %s are where Cassandra itself says', { timeout: patience }, async (name, replication) => {
  const described = await nodetool(sandbox, 'source-1', ['describering', name]);
  const endpoints = [...described.matchAll(/TokenRange\(.*?\bendpoints:\[([^\]]*)\]/g)].map(([, list]) =>
    list!.split(', ').sort().join(' '),
  );
  const hosts = [...source.hosts.values()];
  const members = hosts.map(({ address, datacenter, rack, tokens }) => {
    const place = { hostId: address.replace(/:\d+$/, ''), datacenter, rack };
    return { ...place, tokens: [...(tokens as Iterable<string>)].map(BigInt) };
  });
  const ours = replicasOfRing(members, replication)!.map(({ replicas }) =>
    replicas
      .map(({ hostId }) => hostId)
      .sort()
      .join(' '),
  );
  expect(ours).toHaveLength(4);
  expect([...ours].sort()).toEqual(endpoints.sort());
});

test('deploy-agent follows the new ring once the operator has accepted its plan', { timeout: patience }, async () => {
  const { source: nodes } = readSandbox(dir)!;
  migration.configure({ nodes });
  const refused = await migration.run('run', '--phase', 'deploy-agent');
  const digest = refused.stderr.match(/found: ([0-9a-f]{16}): tables, nodes/)?.[1];
  expect(digest, refused.stderr).toBeDefined();
  await run('deploy-agent', '--plan', digest!);
  const { nodes: followed, alarms } = await untilStatus(({ alarms }) => alarms.length === 0);
  expect(alarms).toEqual([]);
  expect(followed).toHaveLength(4);
  expect(followed.filter(({ hasHole }) => hasHole).map(({ address }) => address)).toEqual([nodes[3]!.address]);
});

test('validation finds nothing but what the killed node alone had been told, and mends it', {
  timeout: patience,
}, async () => {
  const { exitCode, stdout, stderr } = await migration.run('validate', '--json');
  expect([0, 3], stderr).toContain(exitCode);
  const { differences }: { readonly differences: readonly WrittenDifference[] } = JSON.parse(stdout);
  const writtenAtMs = differences
    .flatMap(({ sourceWriteMicros }) => sourceWriteMicros ?? [])
    .map((at) => Number(at) / 1000);
  expect(writtenAtMs.filter((at) => at < killed.from || at > killed.to)).toEqual([]);
  // No more than were under way at that instant.
  expect(differences.length).toBeLessThan(10);
  if (differences.length > 0) {
    const repaired = await timed('repair', () => migration.run('validate', '--repair'));
    expect(repaired.exitCode, repaired.stderr).toBe(0);
  }
});

interface WrittenDifference {
  /** Null where CQL does not tell it. */
  readonly sourceWriteMicros?: string | null;
}

test('after all that both sides are equal cell by cell, and cutover says so', { timeout: patience }, async () => {
  await run('validate');
  await run('cutover', '--writes-stopped', '--confirm', keyspace);
  const target = await openClient(sandbox.target, 'shop_moved');
  try {
    const { tables, differences } = await timed('comparison', () => compareKeyspaces({ source, target }));
    say(JSON.stringify(tables));
    expect(differences).toEqual([]);
    expect(tables.every(({ sourceRows }) => sourceRows > 0)).toBe(true);
    const times = 'SELECT id, writetime(note) AS written FROM marks WHERE id = ?';
    for (let id = 1_000; id < 1_020; id++) {
      const [ofSource, ofTarget] = await Promise.all([source.execute(times, [id]), target.execute(times, [id])]);
      expect(ofTarget.rows).toEqual(ofSource.rows);
    }
  } finally {
    await target.shutdown();
  }
});

const readRepaired = 20;
const repaired = 40;

/** While a node is down and nobody keeps hints for it: rows, and every kind of delete, of which it has to hear otherwise. */
async function writeApart(): Promise<void> {
  const at = { prepare: true, consistency: one };
  for (let id = 0; id < repaired; id++) {
    await source.execute('INSERT INTO marks (id, note) VALUES (?, ?)', [id, 'while a node was down'], at);
    const deletes: readonly (readonly [string, readonly unknown[]])[] = [
      ['DELETE FROM spans WHERE id = ? AND at = ?', [id, 3]],
      ['DELETE FROM spans WHERE id = ? AND at > ? AND at <= ?', [id, 3, 6]],
      ['DELETE FROM spans WHERE id = ?', [id]],
      ['UPDATE spans USING TTL ? SET note = ? WHERE id = ? AND at = ?', [3600, 'expires', id, 7]],
    ];
    const [cql, values] = deletes[id % deletes.length]!;
    await source.execute(cql, [...values], at);
  }
}

/** The demo's application: every kind of write and delete, TTLs and lists. What it is refused only the source knows. */
function writeInBackground(): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const writing = runApplication(source, { allRows, operationsPerSecond: 60, seed: Date.now() }, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      const { done, failed, lastError } = await writing;
      const operations = Object.values(done).reduce((sum, count) => sum + count, 0);
      say(`${operations} operations, ${failed} refused${lastError === undefined ? '' : `, the last: ${lastError}`}`);
      expect(operations).toBeGreaterThan(50);
    },
  };
}

function killAgent(index: number): void {
  process.kill(pidIn(join(migration.agentFolderOf(sandbox.source[index]!), 'agent.pid'))!, 'SIGKILL');
}

/** Of the two nodes that were up. */
async function pendingHints(): Promise<number> {
  const names = ['source-1', 'source-2'] as const;
  const lists = await Promise.all(names.map((name) => nodetool(sandbox, name, ['listpendinghints'])));
  return lists.filter((list) => !list.includes('does not have any pending hints')).length;
}

async function run(phase: string, ...words: readonly string[]): Promise<Ended> {
  return timed(phase, async () => {
    const ended = await migration.run('run', '--phase', phase, ...words);
    expect(ended.exitCode, ended.stderr).toBe(0);
    return ended;
  });
}

type Status = Pick<MigrationStatus, 'nodes' | 'alarms' | 'openSlices' | 'stream'> & { readonly coverage: Coverage };

async function status(): Promise<Status> {
  const { exitCode, stdout, stderr } = await migration.run('status', '--json');
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Alarms have a minute to show. */
async function untilStatus(isWanted: (status: Status) => boolean): Promise<Status> {
  for (const begin = performance.now(); ; await sleep(500)) {
    const found = await status();
    if (isWanted(found) || performance.now() - begin > 60_000) return found;
  }
}

async function untilCaughtUp(): Promise<void> {
  const asked = Date.now();
  const isPast = async () => {
    const { lagMs } = (await status()).stream;
    return lagMs !== 'unknown' && lagMs < Date.now() - asked - 1_000;
  };
  await timed('caught up', () => expect.poll(isPast, { timeout: 60_000, interval: 500 }).toBe(true));
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  say(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}

function say(text: string): void {
  process.stderr.write(`three nodes: ${text}\n`);
}
