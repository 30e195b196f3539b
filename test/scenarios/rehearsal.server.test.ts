import { readFileSync } from 'node:fs';
import { types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import { readHolds } from '../../src/phases/tell-holds.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { compareKeyspaces } from '../../src/sandbox/demo/compare.ts';
import { openClient } from '../../src/sandbox/demo/open-client.ts';
import { aRehearsedRegion, type RehearsedRegion } from '../adapters/keyspaces/a-rehearsed-region.ts';
import { withKeysOf } from '../adapters/keyspaces/with-keys-of.ts';
import { refusalOf } from '../sandbox/keyspaces/a-stand-in.ts';
import { type AMigration, aMigration } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const rows = 800;
const own = `rehearsal_${process.pid}`;
const moved = `${own}_moved`;
const day = 86_400_000;
/** Of what was there before the migration: Keyspaces takes nothing that is older than two days. */
const monthAgo = micros(Date.now() - 30 * day);
/** Small, so that copying meets it. */
const writeUnits = 80;
/** What is left of it in the middle of the copying, without a word. */
const fewerUnits = 40;
const lostAnswers = 0.01;
/** Rows of a table that each round of changes deletes. */
const deletedARound = 20;
const invalid = 0x2200;

let region: RehearsedRegion;
let sides: TwoSides;
let migration: AMigration;
let bus: MessageBus;

beforeAll(async () => {
  withKeysOf();
  const faults = { appliedThrottles: 0.3, shortPages: 0.2 };
  const delays = { createMs: 400, updateMs: 30, deleteMs: 30 };
  region = await aRehearsedRegion(inject('sandbox'), { faults: { ...faults, lostAnswers }, delays });
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.things (id int PRIMARY KEY, name text, tags set<text>, words list<text>)',
    'CREATE TABLE KS.visits (user int, at int, note text, motto text STATIC, PRIMARY KEY (user, at))',
  ]);
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.things (id, name, tags, words) VALUES (?, ?, ?, ?) USING TIMESTAMP ?`,
    values: [n, `name ${n}`, new Set(['old']), ['one', 'two'], monthAgo],
  }));
  await fillRows(sides.source, rows, (n) => ({
    cql: `INSERT INTO ${own}.visits (user, at, note, motto) VALUES (?, ?, ?, ?) USING TIMESTAMP ? AND TTL ?`,
    values: [n >> 3, n & 7, `note ${n}`, 'old', monthAgo, n & 1 ? 0 : 90 * 86_400],
  }));
  migration = aMigration({ ...parts(), keyspaces: target() });
  bus = await openPulsarBus({
    ...inject('sandbox').pulsar,
    tenant: 'public',
    namespace: `cdcmig-${parts().name}`,
    clientName: own,
  });
}, patience);

afterAll(async () => {
  await bus?.close();
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
  await region?.close();
  vi.unstubAllEnvs();
}, patience);

const parts = () => ({ name: own.replace('_', '-'), sandbox: inject('sandbox'), keyspace: own, targetKeyspace: moved });

const target = () => ({ ...region.target, requestTimeoutMs: 2_000, tables: { readUnits: 3_000, writeUnits } });

describe('a keyspace of old rows moves through the stand-in, which throttles and loses one answer in a hundred', () => {
  test('the plan names what Keyspaces is asked to create, and creates nothing', { timeout: patience }, async () => {
    const { exitCode, stdout } = await migration.run('plan');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/client_side_timestamps.*'enabled'/);
    expect(stdout).toContain(`'write_capacity_units': ${writeUnits}`);
    expect(region.standIn.state.keyspace(moved)).toBeUndefined();
  });

  test('the snapshot creates the tables, waits for them, and says what it is held by', {
    timeout: patience,
  }, async () => {
    for (const phase of ['deploy-agent', 'start-source']) succeeds(await run(phase));
    // Captured before they are copied, and newer than what the copy brings.
    await change('during the copy', 0);
    const copying = migration.start('run', '--phase', 'snapshot-migrate');
    await copying.untilSaid(/held by: the capacity of \S+, 80 write units\/s \(provisioned\)/);
    const capacity = { mode: 'PROVISIONED', readUnits: 3_000, writeUnits: fewerUnits } as const;
    for (const table of ['things', 'visits']) await region.standIn.state.updateTable(moved, table, { capacity });
    // What status tells of it.
    await expect.poll(heldTables, { timeout: 60_000, interval: 500 }).toContain(`${moved}.things`);
    const { stdout } = await migration.run('status');
    expect(stdout).toMatch(/held by: the capacity of \S+, 80 write units/);
    const copied = await copying.ended;
    succeeds(copied);
    expect(copied.stderr).toMatch(/waiting: table \S+ is CREATING/);
    expect(copied.stderr).toMatch(/held by: target throttling, \S+: [\d,]+ writes\/s taken of 80 units\/s/);
    expect(region.standIn.state.table(moved, 'things')!.settings).toMatchObject({
      clientSideTimestamps: true,
      ttl: true,
    });
  });

  test('a driver that keeps the write time of an old row is refused, in the statement and in its frame', async () => {
    // Who loses an answer here proves nothing.
    region.standIn.faults.change({ lostAnswers: 0 });
    const host = '127.0.0.1';
    const ca = [readFileSync(region.endpoint.caFile!, 'utf8')];
    const naive = await region.standIn.client({ sslOptions: { ca, host, rejectUnauthorized: true } });
    const insert = `INSERT INTO ${moved}.things (id, name) VALUES (-1, 'naive')`;
    const explicit = naive.execute(`${insert} USING TIMESTAMP ?`, [BigInt(`${monthAgo}`)]);
    expect(await refusalOf(explicit)).toMatchObject({ code: invalid });
    expect(await refusalOf(naive.execute(insert, [], { timestamp: monthAgo.toNumber() }))).toMatchObject({
      code: invalid,
    });
    expect(await sides.target.execute(`SELECT * FROM ${moved}.things WHERE id = -1`)).toMatchObject({ rowLength: 0 });
    region.standIn.faults.change({ lostAnswers });
  });

  test('every old row has arrived with a write time that Keyspaces takes', async () => {
    const times = await writeTimes();
    expect(times.size).toBe(rows - deletedARound);
    const oldest = BigInt(Date.now() - 2 * day) * 1000n;
    expect([...times.values()].filter((time) => time < oldest)).toEqual([]);
  });

  test('changes are applied until the cutover, and both sides are equal cell by cell', {
    timeout: patience,
  }, async () => {
    succeeds(await run('validate'));
    succeeds(await run('start-sink'));
    await change('while the sink runs', 1);
    succeeds(await run('cutover', '--writes-stopped', '--confirm', own));
    const [source, plain] = await Promise.all([
      openClient(inject('sandbox').source[0]!, own),
      openClient(inject('sandbox').target, moved),
    ]);
    try {
      const { tables, differences } = await compareKeyspaces({ source, target: plain });
      expect(differences).toEqual([]);
      expect(tables.map(({ sourceRows }) => sourceRows).every((count) => count > rows / 2)).toBe(true);
    } finally {
      await Promise.all([source.shutdown(), plain.shutdown()]);
    }
  });

  test('the stand-in did throttle and did lose answers, and refused nothing of ours', async () => {
    const metrics = await region.standIn.meter.registry.metrics();
    expect(sumOf(metrics, 'WriteThrottleEvents')).toBeGreaterThan(50);
    expect(sumOf(metrics, 'SystemErrors')).toBeGreaterThan(10);
    expect(sumOf(metrics, 'StoragePartitionThroughputCapacityExceeded')).toBe(0);
    // The naive writes of above, and nothing else.
    expect(refusals()).toEqual({ 'timestamp-window': 2 });
    expect(region.standIn.bugs).toEqual([]);
  });
});

async function heldTables(): Promise<readonly string[]> {
  return (await readHolds(bus, Date.now())).map(({ table }) => table);
}

async function run(phase: string, ...words: readonly string[]): Promise<Ended> {
  return migration.run('run', '--phase', phase, ...words);
}

function succeeds({ exitCode, stderr }: Ended): void {
  expect(exitCode, stderr).toBe(0);
}

/** Every kind of change that has a rule of its own on its way to Keyspaces. */
async function change(word: string, round: number): Promise<void> {
  const on = (cql: string, ...values: readonly unknown[]) => sides.source.execute(cql.replace('KS', own), [...values]);
  for (let n = round; n < 200; n += 2) {
    await on('UPDATE KS.things SET name = ?, tags = tags + ?, words = words + ? WHERE id = ?', word, [word], [word], n);
    await on('INSERT INTO KS.visits (user, at, note) VALUES (?, ?, ?) USING TTL 100000', n, 9, word);
  }
  for (let n = 200 + round; n < 200 + 2 * deletedARound; n += 2) await on('DELETE FROM KS.things WHERE id = ?', n);
  await on('DELETE FROM KS.visits WHERE user = ? AND at > 2 AND at < 7', 60 + round);
  await on('DELETE FROM KS.visits WHERE user = ?', 70 + round);
  await on('UPDATE KS.visits SET motto = ? WHERE user = ?', word, 80 + round);
}

async function writeTimes(): Promise<ReadonlyMap<number, bigint>> {
  const { rows: found } = await sides.target.execute(`SELECT id, writetime(name) AS time FROM ${moved}.things`, [], {
    fetchSize: 5_000,
  });
  return new Map(found.map(({ id, time }) => [id, BigInt(time.toString())]));
}

function refusals(): Readonly<Record<string, number>> {
  return Object.fromEntries(region.standIn.rules.refusals);
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics.split('\n').filter((line) => new RegExp(`^${name}(\\{| )`).test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

function micros(atMs: number): types.Long {
  return types.Long.fromNumber(atMs).multiply(1000);
}
