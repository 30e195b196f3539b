import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { aStandIn, define, type RunningStandIn, refusalOf } from './a-stand-in.ts';

/** So long that a busy machine too sees what is under way. */
const delayMs = 1_000;
const ks = `standin_ddl_${process.pid}`;
let standIn: RunningStandIn;
let client: Client;
const run = (cql: string) => client.execute(cql, [], { prepare: false });
const status = (table: string) => standIn.state.table(ks, table)?.status;
const settled = async () => {
  const isBusy = () => standIn.state.tables(ks).some((table) => table.status !== 'ACTIVE');
  for (let i = 0; i < 1_000 && isBusy(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
};

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'), { delays: { createMs: delayMs, updateMs: delayMs, deleteMs: delayMs } });
  client = await standIn.client();
  await define(standIn, client, ks, ['CREATE TABLE $.base (k int PRIMARY KEY, v text)']);
});

afterAll(async () => {
  await run(`DROP KEYSPACE ${ks}`);
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

describe('rule 12, asynchronous-definitions', () => {
  test('a table is CREATING first: unknown to statements, seen in system_schema_mcs only', async () => {
    await run(`CREATE TABLE ${ks}.slow (k int PRIMARY KEY)`);
    const shown = async (catalog: string) =>
      (await client.execute(`SELECT * FROM ${catalog}.tables WHERE keyspace_name = ? AND table_name = 'slow'`, [ks]))
        .rows;
    expect((await shown('system_schema_mcs')).map((row) => row.status)).toEqual(['CREATING']);
    expect(await shown('system_schema')).toEqual([]);
    expect(await refusalOf(run(`INSERT INTO ${ks}.slow (k) VALUES (1)`))).toEqual({
      code: 0x2200,
      message: `unconfigured table ${ks}.slow`,
    });
    await settled();
    expect((await shown('system_schema_mcs')).map((row) => row.status)).toEqual(['ACTIVE']);
    expect(await shown('system_schema')).toHaveLength(1);
    expect(await refusalOf(run(`INSERT INTO ${ks}.slow (k) VALUES (1)`))).toBeUndefined();
  });

  test('a dropped table is DELETING, then gone', async () => {
    await run(`CREATE TABLE ${ks}.brief (k int PRIMARY KEY)`);
    await settled();
    await run(`DROP TABLE ${ks}.brief`);
    expect(status('brief')).toBe('DELETING');
    expect(await refusalOf(run(`SELECT * FROM ${ks}.brief`))).toMatchObject({
      message: `unconfigured table ${ks}.brief`,
    });
    await settled();
    expect(status('brief')).toBeUndefined();
  });

  test('a keyspace too early is unconfigured as well', async () => {
    const other = `${ks}_early`;
    await run(`CREATE KEYSPACE ${other} WITH replication = {'class': 'SingleRegionStrategy'}`);
    expect(await refusalOf(run(`USE ${other}`))).toEqual({ code: 0x2200, message: `unconfigured keyspace ${other}` });
    expect(await refusalOf(run('USE nowhere'))).toEqual({ code: 0x2200, message: 'unconfigured keyspace nowhere' });
    await new Promise((resolve) => setTimeout(resolve, 1.5 * delayMs));
    await run(`DROP KEYSPACE ${other}`);
  });

  test('IF NOT EXISTS and IF EXISTS forgive; without them what exists is an error of its own', async () => {
    expect(await refusalOf(run(`CREATE TABLE ${ks}.base (k int PRIMARY KEY)`))).toMatchObject({ code: 0x2400 });
    expect(await refusalOf(run(`CREATE TABLE IF NOT EXISTS ${ks}.base (k int PRIMARY KEY)`))).toBeUndefined();
    expect(await refusalOf(run(`DROP TABLE ${ks}.nothing`))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(run(`DROP TABLE IF EXISTS ${ks}.nothing`))).toBeUndefined();
  });
});

describe('rule 18, unsupported-statement', () => {
  test.each([
    ['TRUNCATE', `TRUNCATE ${ks}.base`],
    ['CreateIndex', `CREATE INDEX ON ${ks}.base (v)`],
    [
      'CreateView',
      `CREATE MATERIALIZED VIEW ${ks}.v AS SELECT * FROM ${ks}.base WHERE v IS NOT NULL PRIMARY KEY (v, k)`,
    ],
    ['CreateRole', "CREATE ROLE nobody WITH PASSWORD = 'x'"],
    ['AlterType', `ALTER TYPE ${ks}.a ADD b int`],
  ])('%s is refused by the class that parses it', async (name, cql) => {
    const refusal = await refusalOf(run(cql));
    expect(refusal!.code).toBe(0x2200);
    expect(refusal!.message.toLowerCase()).toContain(name.toLowerCase());
  });
});

describe('rules 23 and 24, columns and changes', () => {
  test('no column has the type duration', async () => {
    expect(await refusalOf(run(`CREATE TABLE ${ks}.d (k int PRIMARY KEY, d duration)`))).toMatchObject({
      code: 0x2200,
    });
    expect(await refusalOf(run(`ALTER TABLE ${ks}.base ADD d list<frozen<duration>>`))).toMatchObject({ code: 0x2200 });
    expect(status('d')).toBeUndefined();
  });

  test('columns are added, not dropped, not renamed', async () => {
    await run(`ALTER TABLE ${ks}.base ADD added int`);
    await settled();
    await run(`UPDATE ${ks}.base SET added = 1 WHERE k = 1`);
    expect((await run(`SELECT added FROM ${ks}.base WHERE k = 1`)).rows[0]!.added).toBe(1);
    expect(await refusalOf(run(`ALTER TABLE ${ks}.base DROP v`))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(run(`ALTER TABLE ${ks}.base RENAME k TO kk`))).toMatchObject({ code: 0x2200 });
  });

  test('one custom property at a time, and what is enabled stays so', async () => {
    const alter = (properties: string) => run(`ALTER TABLE ${ks}.base WITH CUSTOM_PROPERTIES = {${properties}}`);
    const enable = (name: string) => `'${name}': {'status': 'enabled'}`;
    expect(await refusalOf(alter(`${enable('ttl')}, ${enable('client_side_timestamps')}`))).toMatchObject({
      code: 0x2200,
    });
    await alter(enable('ttl'));
    await settled();
    expect(standIn.state.table(ks, 'base')!.settings.ttl).toBe(true);
    expect(await refusalOf(alter("'ttl': {'status': 'disabled'}"))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(alter("'no_such_thing': {'status': 'enabled'}"))).toMatchObject({ code: 0x2200 });
  });

  test('durable writes cannot be switched off', async () => {
    const create = `CREATE KEYSPACE ${ks}_lossy WITH replication = {'class': 'SingleRegionStrategy'} AND durable_writes = false`;
    expect(await refusalOf(run(create))).toMatchObject({ code: 0x2200 });
  });

  test('default_time_to_live needs the ttl property', async () => {
    expect(
      await refusalOf(run(`CREATE TABLE ${ks}.ttl0 (k int PRIMARY KEY) WITH default_time_to_live = 60`)),
    ).toMatchObject({ message: 'TTL is not yet supported.' });
    await run(
      `CREATE TABLE ${ks}.ttl1 (k int PRIMARY KEY, v int) WITH default_time_to_live = 60 AND CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}}`,
    );
    await settled();
    await run(`INSERT INTO ${ks}.ttl1 (k, v) VALUES (1, 1)`);
    expect((await run(`SELECT TTL(v) AS t FROM ${ks}.ttl1 WHERE k = 1`)).rows[0]!.t).toBeGreaterThan(50);
  });
});

test('rule 25, prepared-definitions: only what reads and writes can be prepared', async () => {
  const prepared = client.execute(`CREATE TABLE ${ks}.never (k int PRIMARY KEY)`, [], { prepare: true });
  expect(await refusalOf(prepared)).toEqual({ code: 0x2200, message: 'unconfigured table never' });
  expect(
    await refusalOf(client.execute(`INSERT INTO ${ks}.base (k) VALUES (?)`, [5], { prepare: true })),
  ).toBeUndefined();
});

describe('rule 29, custom-properties', () => {
  test('are kept, shown, and hidden from Cassandra', async () => {
    await run(`CREATE TABLE ${ks}.full (k int, c int, v frozen<map<text, int>>, PRIMARY KEY (k, c))
      WITH CLUSTERING ORDER BY (c DESC) AND compaction = {'class': 'LeveledCompactionStrategy'} AND comment = 'it''s' AND cdc = true
      AND CUSTOM_PROPERTIES = {'capacity_mode': {'throughput_mode': 'PROVISIONED', 'read_capacity_units': 10, 'write_capacity_units': 20},
        'point_in_time_recovery': {'status': 'enabled'}, 'encryption_specification': {'encryption_type': 'AWS_OWNED_KMS_KEY'},
        'client_side_timestamps': {'status': 'enabled'}} AND TAGS = {'team': 'orders'}`);
    await settled();
    const [row] = (
      await run(`SELECT * FROM system_schema_mcs.tables WHERE keyspace_name = '${ks}' AND table_name = 'full'`)
    ).rows;
    expect(JSON.parse(row!.custom_properties.capacity_mode)).toEqual({
      throughput_mode: 'PROVISIONED',
      read_capacity_units: 10,
      write_capacity_units: 20,
    });
    expect(JSON.parse(row!.custom_properties.client_side_timestamps)).toEqual({ status: 'enabled' });
    expect([row!.comment, row!.cdc]).toEqual(["it's", true]);
    const tags = await run(
      `SELECT tags FROM system_schema_mcs.tags WHERE keyspace_name = '${ks}' AND table_name = 'full'`,
    );
    expect(tags.rows[0]!.tags).toEqual({ team: 'orders' });
  });

  test('a driver reads the schema as of any cluster', async () => {
    // A client of its own: the first one looked before the table was ACTIVE, and remembers that there was none.
    const metadata = await (await standIn.client()).metadata.getTable(ks, 'full');
    expect(metadata!.partitionKeys.map((column) => column.name)).toEqual(['k']);
    expect(metadata!.clusteringKeys.map((column) => column.name)).toEqual(['c']);
    expect(metadata!.clusteringOrder).toEqual(['DESC']);
  });

  test('a table is restored from another that has point-in-time recovery', async () => {
    expect(await refusalOf(run(`RESTORE TABLE ${ks}.again FROM TABLE ${ks}.base`))).toMatchObject({ code: 0x2200 });
    await run(`RESTORE TABLE ${ks}.again FROM TABLE ${ks}.full`);
    expect(status('again')).toBe('RESTORING');
    await settled();
    expect(await refusalOf(run(`INSERT INTO ${ks}.again (k, c) VALUES (1, 1)`))).toBeUndefined();
  });
});

test('user-defined types are made, used, and kept while they are used', async () => {
  await run(`CREATE TYPE ${ks}.place (street text, number int)`);
  await new Promise((resolve) => setTimeout(resolve, 1.5 * delayMs));
  await run(`CREATE TABLE ${ks}.homes (k int PRIMARY KEY, p frozen<place>)`);
  await settled();
  await client.execute(`INSERT INTO ${ks}.homes (k, p) VALUES (?, ?)`, [1, { street: 'High', number: 3 }]);
  const { rows } = await client.execute(`SELECT p FROM ${ks}.homes WHERE k = 1`);
  expect(rows[0]!.p).toEqual({ street: 'High', number: 3 });
  expect(await refusalOf(run(`DROP TYPE ${ks}.place`))).toMatchObject({ code: 0x2200 });
});

test('USE makes bare names mean the keyspace, for text and for prepared statements', async () => {
  const inUse = await standIn.client({ keyspace: ks });
  await inUse.execute('INSERT INTO base (k, v) VALUES (?, ?)', [77, 'bare'], { prepare: true });
  expect((await inUse.execute('SELECT v FROM base WHERE k = 77', [], { prepare: false })).rows[0]!.v).toBe('bare');
});

test('rule 32, quotas: more tables than the account may have are refused', async () => {
  const small = await aStandIn(inject('sandbox'), { quotas: { keyspaces: 1 } });
  const other = await small.client();
  const create = (name: string) =>
    other.execute(`CREATE KEYSPACE ${name} WITH replication = {'class': 'SingleRegionStrategy'}`, [], {
      prepare: false,
    });
  expect(await refusalOf(create(`${ks}_one`))).toBeUndefined();
  expect(await refusalOf(create(`${ks}_two`))).toMatchObject({ code: 0x2200 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  await other.execute(`DROP KEYSPACE ${ks}_one`, [], { prepare: false });
  await small.close();
});
