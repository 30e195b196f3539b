import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openPulsarBus } from '../../src/adapters/pulsar/open-pulsar-bus.ts';
import type { MigrationStatus } from '../../src/model/migration-status.ts';
import { changesPartition } from '../../src/model/topics.ts';
import { type AMigration, aMigration, pidIn } from './operator/a-migration.ts';
import type { Ended } from './operator/cdcmig-process.ts';
import { endScenario } from './operator/end-scenario.ts';
import { createKeyspace, fillRows, openTwoSides, type TwoSides } from './operator/two-sides.ts';

const patience = 180_000;
const own = `schema_change_${process.pid}`;
const moved = `${own}_moved`;

let sides: TwoSides;
let migration: AMigration;
let load: WriteLoad;

beforeAll(async () => {
  sides = await openTwoSides(inject('sandbox'));
  await createKeyspace(sides.source, own, [
    'CREATE TABLE KS.orders (id int, line int, name text, size int, spare text, PRIMARY KEY (id, line))',
    'CREATE TABLE KS.parts (id int PRIMARY KEY, name text)',
  ]);
  await fillRows(sides.source, 300, (n) => ({
    cql: `INSERT INTO ${own}.orders (id, line, name, size) VALUES (?, ?, ?, ?)`,
    values: [n % 50, n, `name ${n}`, n],
  }));
  const parts = { sandbox: inject('sandbox'), keyspace: own, targetKeyspace: moved };
  migration = aMigration({ ...parts, name: own.replaceAll('_', '-') });
  for (const phase of ['deploy-agent', 'start-source', 'snapshot-migrate', 'start-sink'])
    await done('run', '--phase', phase);
  load = startLoad(sides.source);
}, patience);

afterAll(async () => {
  await load?.stop();
  await endScenario({ migration, sides, keyspace: own, targetKeyspace: moved });
}, patience);

describe('a schema that changes under an application that writes all the time', () => {
  test('pauses its table alone, within seconds, and status says what to do', { timeout: patience }, async () => {
    await onSource('ALTER TABLE KS.orders ADD extra int');
    const began = Date.now();
    const status = await statusUntil(({ pausedTables }) => pausedTables.length > 0);
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(status.pausedTables).toEqual([
      {
        table: 'orders',
        differences: ['column extra int was added'],
        ddl: [`ALTER TABLE "${moved}"."orders" ADD "extra" int`],
        next: 'cdcmig schema apply orders, or cdcmig schema ignore orders, or cdcmig schema stop orders',
      },
    ]);
    load.column = 'extra';
    await onSource("INSERT INTO KS.parts (id, name) VALUES (-1, 'goes on')");
    await onSource('INSERT INTO KS.orders (id, line, extra) VALUES (-1, 1, 7)');
    await until(async () => (await onTarget('SELECT * FROM KS.parts WHERE id = -1')).length === 1);
    await statusUntil(({ parked }) => parked.some(({ table, waiting }) => table === 'orders' && waiting > 20));
    expect(await onTarget('SELECT * FROM KS.orders WHERE id = -1')).toEqual([]);
    expect((await migration.run('status')).stdout).toMatch(/table orders is PAUSED: column extra int was added/);
    expect((await migration.run('validate', '--table', 'orders')).exitCode).toBe(1);
  });

  test('a worker that dies meanwhile parks again what it had not acknowledged', { timeout: patience }, async () => {
    await onSource('DELETE FROM KS.orders WHERE id = 3');
    await onSource('DELETE FROM KS.orders WHERE id = 4 AND line > 100');
    process.kill(pidIn(join(migration.workersFolder, 'worker-0.pid'))!, 'SIGKILL');
    await done('run', '--phase', 'start-sink', '--plan', await planDigest());
  });

  test('apply alters the target and brings in what was parked, through another death', {
    timeout: patience,
  }, async () => {
    expect((await done('schema', 'apply', 'orders')).stdout).toContain(
      `ALTER TABLE "${moved}"."orders" ADD "extra" int`,
    );
    process.kill(pidIn(join(migration.workersFolder, 'worker-0.pid'))!, 'SIGKILL');
    await done('run', '--phase', 'start-sink');
    const { parked } = await statusUntil(nothingWaits);
    expect(parked.find(({ table }) => table === 'orders')!.replayed).toBeGreaterThan(20);
    await expectEqual({ orders: 'id, line, name, size, spare, extra', parts: 'id, name' });
    expect(await done('schema', 'apply', 'orders')).toMatchObject({ stdout: expect.stringContaining('no difference') });
    await done('validate');
  });

  test('ignore leaves the column out of what is moved and compared', { timeout: patience }, async () => {
    await onSource('ALTER TABLE KS.parts ADD shade text');
    await statusUntil(({ pausedTables }) => pausedTables[0]?.table === 'parts');
    await onSource("INSERT INTO KS.parts (id, name, shade) VALUES (-2, 'half', 'blue')");
    await onSource("UPDATE KS.parts SET shade = 'red' WHERE id = -3");
    expect((await done('schema', 'ignore', 'parts')).stdout).toMatch(/neither moved nor compared.*shade/);
    await statusUntil(nothingWaits);
    await expectEqual({ orders: 'id, line, name, size, spare, extra', parts: 'id, name' });
  });

  test('a dropped column cannot be applied, and is ignored', { timeout: patience }, async () => {
    await onSource('ALTER TABLE KS.orders DROP spare');
    await statusUntil(({ pausedTables }) => pausedTables[0]?.table === 'orders');
    const refused = await migration.run('schema', 'apply', 'orders');
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/no target drops a column.*spare[\s\S]*ignore/),
    });
    await done('schema', 'ignore', 'orders');
    await statusUntil(nothingWaits);
    await expectEqual({ orders: 'id, line, name, size, extra', parts: 'id, name' });
  });

  test('dead letters are listed, replayed once the target takes them, and dropped', { timeout: patience }, async () => {
    await onTarget('ALTER TABLE KS.orders RENAME line TO place');
    await onSource("INSERT INTO KS.orders (id, line, name, extra) VALUES (-5, 1, 'refused', 5)");
    await statusUntil(({ deadLetters }) => deadLetters > 5);
    await load.pause();
    await onTarget('ALTER TABLE KS.orders RENAME place TO line');
    await publishPoison();
    const isPoison = ({ errorClass }: { readonly errorClass: string }) => errorClass !== 'RefusedWriteError';
    const listed = async () => JSON.parse((await done('dead-letters', 'list', '--json')).stdout);
    await until(async () => (await listed()).some(isPoison));
    const letters = await listed();
    expect(letters).toContainEqual(
      expect.objectContaining({
        table: 'orders',
        errorClass: 'RefusedWriteError',
        attempts: expect.any(Number),
        state: 'open',
      }),
    );
    const poison = letters.find(isPoison);
    expect((await done('dead-letters', 'show', poison.id)).stdout).toMatch(/error: CorruptMutationError/);
    expect(await migration.run('dead-letters', 'replay', poison.id)).toMatchObject({ exitCode: 1 });
    expect(await migration.run('dead-letters', 'drop', poison.id)).toMatchObject({ exitCode: 2 });
    expect(await migration.run('dead-letters', 'show', 'nonsense')).toMatchObject({ exitCode: 1 });
    await done('dead-letters', 'drop', poison.id, '--reason', 'made by a test');
    await done('dead-letters', 'replay', '--all');
    await statusUntil((status) => status.deadLetters === 0 && nothingWaits(status));
    expect(await onTarget('SELECT name, extra FROM KS.orders WHERE id = -5')).toMatchObject([
      { name: 'refused', extra: 5 },
    ]);
    load.resume();
    await expectEqual({ orders: 'id, line, name, size, extra', parts: 'id, name' });
    expect((await done('dead-letters', 'list', '--all')).stdout).toMatch(/replayed orders[\s\S]*dropped /);
  });

  test('a table that is created again can only be stopped', { timeout: patience }, async () => {
    await load.stop();
    await onSource('DROP TABLE KS.parts');
    await onSource('CREATE TABLE KS.parts (id int PRIMARY KEY, name text, shade text)');
    const { pausedTables } = await statusUntil(
      ({ pausedTables: [paused] }) => paused?.differences[0] === 'the table was dropped and created again',
    );
    expect(pausedTables[0]).toMatchObject({ table: 'parts', ddl: [], next: 'cdcmig schema stop parts' });
    expect(await migration.run('schema', 'apply', 'parts')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('schema stop parts'),
    });
    await done('schema', 'stop', 'parts', '--reason', 'moved by hand');
    const { plan } = await statusUntil(({ pausedTables: paused }) => paused.length === 0);
    const looked = JSON.parse((await done('plan', '--json')).stdout);
    expect(looked).toMatchObject({ digest: plan, tables: [{ name: 'orders' }] });
    await done('run', '--phase', 'validate');
  });

  test('a table that came after the hand-over lets nothing pass until it is left out; the cutover names the stopped one', {
    timeout: patience,
  }, async () => {
    await onSource('CREATE TABLE KS.later (id int PRIMARY KEY, name text)');
    await onSource("INSERT INTO KS.later (id, name) VALUES (1, 'captured by nobody')");
    const cutover = ['run', '--phase', 'cutover', '--writes-stopped', '--confirm', own] as const;
    const refused = await migration.run(...cutover, '--plan', await planDigest());
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('found: later, which was not') });
    migration.configure({ source: { excludeTables: ['later'] } });
    const { stderr } = await done(...cutover);
    expect(stderr).toContain('parts left the migration');
  });

  test('start-sink once more after the cutover ends, and waits for no worker', { timeout: patience }, async () => {
    expect((await done('run', '--phase', 'start-sink')).stderr).toContain('was cut over before');
  });
});

interface WriteLoad {
  /** Written too, once it is there. */
  column: 'extra' | undefined;
  pause(): Promise<void>;
  resume(): void;
  stop(): Promise<void>;
}

/** Writes of every kind to both tables, some hundred a second. */
function startLoad(client: Client): WriteLoad {
  let isOver = false;
  let isPaused = false;
  let inHand = Promise.resolve();
  const write = async (cql: string, values: readonly unknown[]) => {
    await client.execute(cql, [...values], { prepare: true });
  };
  const once = async (n: number) => {
    const [id, line] = [n % 50, n % 400];
    await write(`INSERT INTO ${own}.orders (id, line, name, size) VALUES (?, ?, ?, ?)`, [id, line, `again ${n}`, n]);
    if (load.column)
      await write(`UPDATE ${own}.orders SET extra = ? WHERE id = ? AND line = ?`, [n, id, (n * 7) % 400]);
    if (n % 5 === 0) await write(`DELETE FROM ${own}.orders WHERE id = ? AND line = ?`, [(n * 3) % 50, (n * 11) % 400]);
    if (n % 9 === 0) await write(`DELETE FROM ${own}.orders WHERE id = ? AND line > ?`, [(n * 13) % 50, 350]);
    await write(`INSERT INTO ${own}.parts (id, name) VALUES (?, ?)`, [n % 100, `part ${n}`]);
    if (n % 7 === 0) await write(`DELETE FROM ${own}.parts WHERE id = ?`, [(n * 3) % 100]);
  };
  const run = async () => {
    for (let n = 0; !isOver; n++) {
      if (!isPaused) {
        inHand = once(n);
        await inHand;
      }
      await sleep(10);
    }
  };
  const load: WriteLoad = {
    column: undefined,
    async pause() {
      isPaused = true;
      await inHand;
    },
    resume() {
      isPaused = false;
    },
    async stop() {
      isOver = true;
      await running;
    },
  };
  const running = run();
  return load;
}

/** Both sides cell by cell, with plain reads, once the stream has caught up with a moment of rest. */
async function expectEqual(tables: Readonly<Record<string, string>>): Promise<void> {
  await load.pause();
  let differing: readonly string[] = ['not looked at'];
  for (let looks = 0; looks < 60 && differing.length > 0; looks++) {
    await sleep(500);
    const found = await Promise.all(Object.entries(tables).map(([table, columns]) => differences(table, columns)));
    differing = found.flat();
  }
  load.resume();
  expect(differing).toEqual([]);
}

async function differences(table: string, columns: string): Promise<readonly string[]> {
  const select = `SELECT JSON ${columns} FROM KS.${table}`;
  const [source, target] = await Promise.all([onSource(select), onTarget(select)]);
  const texts = (rows: readonly Record<string, unknown>[]) => new Set(rows.map((row) => String(row['[json]'])));
  const [there, here] = [texts(source), texts(target)];
  return [
    ...[...there].filter((row) => !here.has(row)).map((row) => `only on the source: ${row}`),
    ...[...here].filter((row) => !there.has(row)).map((row) => `only on the target: ${row}`),
  ];
}

async function publishPoison(): Promise<void> {
  const { serviceUrl, adminUrl } = inject('sandbox').pulsar;
  const name = own.replaceAll('_', '-');
  const bus = await openPulsarBus({
    serviceUrl,
    adminUrl,
    tenant: 'public',
    namespace: `cdcmig-${name}`,
    clientName: 'test',
  });
  const publisher = await bus.publisher(changesPartition(0));
  await publisher.publish({
    properties: { kind: 'record', node: 'nobody', s: '1', p: '2', v: '7' },
    payload: Buffer.from('nonsense'),
  });
  await publisher.close();
  await bus.close();
}

async function statusUntil(isSo: (status: MigrationStatus) => boolean): Promise<MigrationStatus> {
  for (let looks = 0; ; looks++) {
    const { stdout, stderr } = await migration.run('status', '--json');
    if (stdout === '') throw new Error(stderr);
    const status: MigrationStatus = JSON.parse(stdout);
    if (isSo(status)) return status;
    if (looks > 60) throw new Error(`never so: ${stdout}`);
    await sleep(500);
  }
}

/** As all workers tell it: of what nobody tells, nothing is known to wait. */
function nothingWaits({ parked, pausedTables, stream }: MigrationStatus): boolean {
  if (stream.unknownBecause !== undefined) return false;
  return pausedTables.length === 0 && parked.every(({ waiting }) => waiting === 0);
}

async function planDigest(): Promise<string> {
  return JSON.parse((await migration.run('plan', '--json')).stdout).digest;
}

async function done(...words: readonly string[]): Promise<Ended> {
  const ended = await migration.run(...words);
  expect(ended.exitCode, `${words.join(' ')}: ${ended.stderr}`).toBe(0);
  return ended;
}

async function onSource(cql: string): Promise<readonly Record<string, unknown>[]> {
  return (await sides.source.execute(cql.replaceAll('KS', own), [], { prepare: false, fetchSize: 5_000 })).rows;
}

async function onTarget(cql: string): Promise<readonly Record<string, unknown>[]> {
  return (await sides.target.execute(cql.replaceAll('KS', moved), [], { prepare: false, fetchSize: 5_000 })).rows;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; !(await isSo()); looks++) {
    if (looks > 100) throw new Error('waited in vain');
    await sleep(200);
  }
}
