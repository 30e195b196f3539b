import { type Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { keyspacesRules } from '../../../src/sandbox/keyspaces/rules.ts';
import { adopt, aStandIn, define, type RunningStandIn, refusalOf, usable } from './a-stand-in.ts';

const ks = `standin_every_${process.pid}`;
const { localQuorum, quorum } = types.consistencies;
const cst = "{'client_side_timestamps': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}}";
const names = Array.from({ length: 226 }, (_, i) => `v${i}`);
let standIn: RunningStandIn;
let client: Client;
let free: RunningStandIn;
let freeClient: Client;

type Statement = readonly [cql: string, options?: { readonly consistency?: number; readonly prepare?: boolean }];

const insert = (columns: string, values: string, more = '') =>
  `INSERT INTO ${ks}.plain (${columns}) VALUES (${values}) ${more}`;
const batchOf = (count: number, more = '') =>
  Array.from({ length: count }, (_, c) => insert('k, c', `30, ${c}`, `${more};`)).join(' ');
const list = (count: number) => Array.from({ length: count }, (_, i) => i).join(', ');
const text = (length: number) => `'${'x'.repeat(length)}'`;

/** For each rule that refuses: what it lets pass, and the nearest thing that it does not. */
const pairs: Readonly<Record<string, readonly [accepted: Statement, refused: Statement]>> = {
  'write-consistency': [
    [insert('k, c', '1, 1'), { consistency: localQuorum }],
    [insert('k, c', '1, 1'), { consistency: quorum }],
  ],
  'read-consistency': [
    [`SELECT k FROM ${ks}.plain WHERE k = 1`, { consistency: localQuorum }],
    [`SELECT k FROM ${ks}.plain WHERE k = 1`, { consistency: quorum }],
  ],
  'timestamps-disabled': [
    [`SELECT WRITETIME(v) FROM ${ks}.stamped WHERE k = 1`],
    [`SELECT WRITETIME(v) FROM ${ks}.plain WHERE k = 1`],
  ],
  'timestamp-window': [
    [`UPDATE ${ks}.stamped USING TIMESTAMP ${BigInt(Date.now()) * 1000n} SET v = 'x' WHERE k = 1 AND c = 1`],
    [`UPDATE ${ks}.stamped USING TIMESTAMP 1 SET v = 'x' WHERE k = 1 AND c = 1`],
  ],
  'range-delete-limit': [[`DELETE FROM ${ks}.plain WHERE k = 2`], [`DELETE FROM ${ks}.plain WHERE k = 1000`]],
  'ttl-disabled': [
    [`INSERT INTO ${ks}.stamped (k, c) VALUES (1, 1) USING TTL 60`],
    [insert('k, c', '1, 1', 'USING TTL 60')],
  ],
  'row-size': [[insert('k, c, v', `1, 1, ${text(1_000_000)}`)], [insert('k, c, v', `1, 1, ${text(1_050_000)}`)]],
  'number-precision': [[insert('k, c, n', `1, 1, ${'9'.repeat(38)}`)], [insert('k, c, n', `1, 1, ${'9'.repeat(39)}`)]],
  'unlogged-batch-size': [
    [`BEGIN UNLOGGED BATCH ${batchOf(30)} APPLY BATCH`],
    [`BEGIN UNLOGGED BATCH ${batchOf(31)} APPLY BATCH`],
  ],
  'logged-batch': [[`BEGIN BATCH ${batchOf(100)} APPLY BATCH`], [`BEGIN BATCH ${batchOf(101)} APPLY BATCH`]],
  'conditional-in-unlogged-batch': [
    [`BEGIN BATCH ${batchOf(2, 'IF NOT EXISTS')} APPLY BATCH`],
    [`BEGIN UNLOGGED BATCH ${batchOf(2, 'IF NOT EXISTS')} APPLY BATCH`],
  ],
  'unsupported-statement': [[`SELECT k FROM ${ks}.emptied LIMIT 1`], [`TRUNCATE ${ks}.emptied`]],
  aggregates: [[`SELECT k FROM ${ks}.emptied`], [`SELECT COUNT(*) FROM ${ks}.emptied`]],
  'in-restrictions': [
    [`SELECT v FROM ${ks}.plain WHERE k = 1 AND c IN (${list(100)})`],
    [`SELECT v FROM ${ks}.plain WHERE k = 1 AND c IN (${list(101)})`],
  ],
  'key-size': [
    [`INSERT INTO ${ks}.keyed (p, c) VALUES (${text(2_048)}, 'c')`],
    [`INSERT INTO ${ks}.keyed (p, c) VALUES (${text(2_049)}, 'c')`],
  ],
  'column-count': [
    [`INSERT INTO ${ks}.wide (k, ${names.slice(0, 225)}) VALUES (1, ${list(225)})`],
    [`INSERT INTO ${ks}.wide (k, ${names}) VALUES (1, ${list(226)})`],
  ],
  'alter-restrictions': [
    [`ALTER TABLE ${ks}.altered WITH CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}}`],
    [`ALTER TABLE ${ks}.refused WITH CUSTOM_PROPERTIES = ${cst}`],
  ],
  'select-grammar': [[`SELECT k FROM ${ks}.plain LIMIT 1`], [`SELECT DISTINCT k FROM ${ks}.plain LIMIT 1`]],
  'duration-type': [
    [`CREATE TABLE ${ks}.made (k int PRIMARY KEY, d int)`],
    [`CREATE TABLE ${ks}.unmade (k int PRIMARY KEY, d duration)`],
  ],
  'prepared-definitions': [
    [`SELECT k FROM ${ks}.plain LIMIT 1`, { prepare: true }],
    [`ALTER TABLE ${ks}.plain ADD x int`, { prepare: true }],
  ],
  'system-tables': [['SELECT * FROM system_schema_mcs.tables'], ['SELECT * FROM system_virtual_schema.tables']],
  'custom-properties': [
    [`CREATE TABLE ${ks}.known (k int PRIMARY KEY) WITH CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}}`],
    [`CREATE TABLE ${ks}.unknown (k int PRIMARY KEY) WITH CUSTOM_PROPERTIES = {'cache': {'status': 'enabled'}}`],
  ],
};
/** Rules that change what happens instead of refusing; each is switched off in a test below. */
const behaviours = [
  'arrival-order',
  'asynchronous-definitions',
  'range-delete-later',
  'short-pages',
  'throttling',
  'faults',
  'metering',
  'quotas',
];
/** Shown in login.server.test.ts, write-rules.server.test.ts (rule 6) and faults.server.test.ts. */
const elsewhere = [
  'authentication',
  'deleted-rows-return',
  'batch-over-tables',
  'unqualified-tables',
  'equal-timestamps',
  'other-partitioner',
];

const refusing = keyspacesRules.filter(({ id }) => id in pairs);
const switchable = refusing.filter(({ isFixed }) => !isFixed);

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'), { rules: { mode: 'strict', off: ['throttling'], on: [] } });
  client = await standIn.client();
  await define(standIn, client, ks, [
    'CREATE TABLE $.plain (k int, c int, v text, n varint, PRIMARY KEY (k, c))',
    `CREATE TABLE $.stamped (k int, c int, v text, PRIMARY KEY (k, c)) WITH CUSTOM_PROPERTIES = ${cst}`,
    'CREATE TABLE $.keyed (p text, c text, PRIMARY KEY (p, c))',
    `CREATE TABLE $.wide (k int PRIMARY KEY, ${names.map((name) => `${name} int`)})`,
    ...['emptied', 'altered', 'refused'].map((name) => `CREATE TABLE $.${name} (k int PRIMARY KEY)`),
  ]);
  for (let from = 0; from < 1_001; from += 100) {
    const rows = Array.from({ length: Math.min(100, 1_001 - from) }, (_, i) => insert('k, c', `1000, ${from + i}`));
    await client.batch(rows);
  }
  free = await aStandIn(inject('sandbox'), {
    rules: { mode: 'strict', off: [...switchable.map(({ id }) => id), ...behaviours], on: [] },
    rangeDeleteDelayMs: 60_000,
    delays: { createMs: 500, updateMs: 0, deleteMs: 0 },
    quotas: { keyspaces: 1 },
  });
  await adopt(free, standIn, ks);
  freeClient = await free.client();
});

afterAll(async () => {
  await client.execute(`DROP KEYSPACE ${ks}`, [], { prepare: false });
  expect([standIn.bugs, free.bugs]).toEqual([[], []]);
  await free.close();
  await standIn.close();
});

const run = (at: Client, [cql, options]: Statement) => at.execute(cql, [], { prepare: false, ...options });
const refusalsOf = (at: RunningStandIn, id: string) => [...at.rules.refusals].find(([rule]) => rule === id)?.[1] ?? 0;

test('every rule is held here, or in the file that is named', () => {
  const held = [...refusing.map(({ id }) => id), ...behaviours, ...elsewhere].toSorted();
  expect(held).toEqual(keyspacesRules.map(({ id }) => id).toSorted());
});

describe('a real driver', () => {
  test.each(refusing)('rule $number, $id: is let through and refused, by that rule and with its text', async (rule) => {
    const [accepted, refused] = pairs[rule.id]!;
    const before = refusalsOf(standIn, rule.id);
    expect(await refusalOf(run(client, accepted))).toBeUndefined();
    expect(refusalsOf(standIn, rule.id)).toBe(before);
    const refusal = await refusalOf(run(client, refused));
    expect(refusal?.code).toBe(0x2200);
    expect(refusalsOf(standIn, rule.id)).toBe(before + 1);
    if (rule.text && rule.confidence.text === 'high') expect(refusal!.message).toMatch(patternOf(rule.text));
  });
});

function patternOf(template: string): RegExp {
  const escaped = template.split('{}').map((part) => part.replaceAll(/[.*+?^$()[\]|\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}

describe('lenient', () => {
  const lenient = async () => {
    const made = await aStandIn(inject('sandbox'), { rules: { mode: 'lenient', off: [], on: [] } });
    onTestFinished(() => made.close());
    await adopt(made, standIn, ks);
    return made.client();
  };

  test('lets pass what is refused on little evidence, and refuses what is known', async () => {
    const loose = await lenient();
    for (const { id, isStrictOnly } of switchable) {
      const refusal = await refusalOf(run(loose, pairs[id]![1]));
      expect(refusal === undefined, id).toBe(isStrictOnly === true);
    }
  });

  test('holds only the timestamps of statements to the window, not those of frames', async () => {
    const loose = await lenient();
    const cql = `INSERT INTO ${ks}.stamped (k, c, v) VALUES (50, 1, 'x')`;
    const old = { timestamp: 1_000 };
    expect(await refusalOf(loose.execute(cql, [], old))).toBeUndefined();
    expect(await refusalOf(client.execute(cql, [], old))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(loose.execute(`${cql} USING TIMESTAMP 1000`))).toMatchObject({ code: 0x2200 });
  });
});

// After the others: without its limit a delete takes all of the rows that the limit is shown with.
describe('switched off', () => {
  test.each(switchable)('rule $number, $id: refuses nothing', async ({ id }) => {
    await refusalOf(run(freeClient, pairs[id]![1]));
    expect(refusalsOf(free, id)).toBe(0);
  });

  test('arrival-order: the timestamp of the frame decides', async () => {
    const write = (v: string, timestamp: number) =>
      freeClient.execute(insert('k, c, v', '40, 1, ?'), [v], { prepare: true, timestamp });
    await write('newer', Date.now() * 1000);
    await write('older', 1_000);
    const { rows } = await freeClient.execute(`SELECT v FROM ${ks}.plain WHERE k = 40`);
    expect(rows[0]!.v).toBe('newer');
  });

  test('asynchronous-definitions: a table is of use while it is still being created', async () => {
    await freeClient.execute(`CREATE TABLE ${ks}.soon (k int PRIMARY KEY)`, [], { prepare: false });
    expect(free.state.table(ks, 'soon')?.status).toBe('CREATING');
    expect(await refusalOf(freeClient.execute(`INSERT INTO ${ks}.soon (k) VALUES (1)`))).toBeUndefined();
  });

  test('range-delete-later: the rows are gone when the delete is answered', async () => {
    await freeClient.execute(insert('k, c', '41, 1'));
    await freeClient.execute(`DELETE FROM ${ks}.plain WHERE k = 41`);
    expect((await freeClient.execute(`SELECT c FROM ${ks}.plain WHERE k = 41`)).rows).toEqual([]);
  });

  test('faults and short-pages: what is switched on does not happen', async () => {
    free.faults.change({ failures: 1, serverErrors: 1, lostAnswers: 1, resets: 1, shortPages: 1 });
    for (let c = 0; c < 12; c++) await freeClient.execute(insert('k, c', `44, ${c}`));
    for (const where of ['WHERE k = 44', '']) {
      const { rows } = await freeClient.execute(`SELECT c FROM ${ks}.plain ${where}`, [], { fetchSize: 10 });
      expect(rows).toHaveLength(10);
    }
  });

  test('metering: units are not counted', async () => {
    await freeClient.execute(insert('k, c', '42, 1'));
    const units = async (at: RunningStandIn) =>
      (await at.meter.registry.getSingleMetric('ConsumedWriteCapacityUnits')!.get()).values.length;
    expect([await units(free), (await units(standIn)) > 0]).toEqual([0, true]);
  });

  test('throttling: a table takes what it is given', async () => {
    await free.state.updateTable(ks, 'plain', { capacity: { mode: 'PROVISIONED', readUnits: 1, writeUnits: 1 } });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const refusals = await Promise.all(
      Array.from({ length: 200 }, (_, c) => refusalOf(freeClient.execute(insert('k, c', `43, ${c}`)))),
    );
    expect(refusals.filter(Boolean)).toEqual([]);
  });

  test('quotas: a second keyspace is made where one is the limit', async () => {
    const create = `CREATE KEYSPACE ${ks}_more WITH replication = {'class': 'SingleRegionStrategy'}`;
    expect(await refusalOf(freeClient.execute(create, [], { prepare: false }))).toBeUndefined();
    await usable(() => free.state.keyspace(`${ks}_more`)?.status);
    await freeClient.execute(`DROP KEYSPACE ${ks}_more`, [], { prepare: false });
  });
});
