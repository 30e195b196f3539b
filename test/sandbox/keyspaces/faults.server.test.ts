import { type Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { adopt, aStandIn, define, type RunningStandIn, refusalOf } from './a-stand-in.ts';

const ks = `standin_faults_${process.pid}`;
const units = (writes: number) =>
  `{'capacity_mode': {'throughput_mode': 'PROVISIONED', 'read_capacity_units': 5, 'write_capacity_units': ${writes}}}`;
let standIn: RunningStandIn;
let client: Client;

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'), { queriesPerSecond: 200 });
  client = await standIn.client();
  await define(standIn, client, ks, [
    'CREATE TABLE $.free (k int PRIMARY KEY, v text)',
    `CREATE TABLE $.tight (k int PRIMARY KEY, v text) WITH CUSTOM_PROPERTIES = ${units(10)}`,
    `CREATE TABLE $.applied (k int PRIMARY KEY, v text) WITH CUSTOM_PROPERTIES = ${units(10)}`,
    "CREATE TABLE $.stamped (k int PRIMARY KEY, v text) WITH CUSTOM_PROPERTIES = {'client_side_timestamps': {'status': 'enabled'}}",
  ]);
});

afterAll(async () => {
  standIn.faults.change(quiet);
  await pause(1_100);
  await client.execute(`DROP KEYSPACE ${ks}`, [], { prepare: false });
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

const quiet = { lostAnswers: 0, resets: 0, slow: 0, failures: 0, serverErrors: 0, appliedThrottles: 0 };
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const write = (table: string, k: number, options = {}) =>
  client.execute(`INSERT INTO ${ks}.${table} (k, v) VALUES (?, 'x')`, [k], options);
const counted = async (name: string, table?: string) => {
  const { values } = await standIn.meter.registry.getSingleMetric(name)!.get();
  const labels = (label: Partial<Record<string, string | number>>) => table === undefined || label.TableName === table;
  return values.filter((one) => labels(one.labels)).reduce((sum, one) => sum + one.value, 0);
};
const isThere = async (table: string, k: number) => {
  const direct = await standIn.client();
  await pause(1_100);
  return (await direct.execute(`SELECT k FROM ${ks}.${table} WHERE k = ?`, [k])).rows.length === 1;
};

describe('rule 9, throttling', () => {
  test('writes over the capacity of a table look like time-outs and are not done', async () => {
    const refusedBefore = await counted('UserErrors');
    const refusals = await Promise.all(Array.from({ length: 40 }, (_, k) => refusalOf(write('tight', k))));
    const refused = refusals.flatMap((refusal, k) => (refusal ? [k] : []));
    expect(refused.length).toBeGreaterThanOrEqual(25);
    expect(new Set(refusals.map((refusal) => refusal?.code))).toEqual(new Set([undefined, 0x1100]));
    expect(await counted('WriteThrottleEvents', 'tight')).toBe(refused.length);
    // Over a capacity is not against a rule.
    expect(await counted('UserErrors')).toBe(refusedBefore);
    expect(await counted('ConsumedWriteCapacityUnits', 'tight')).toBe(40 - refused.length);
    expect(await isThere('tight', refused[0]!)).toBe(false);
  });

  test('carry the payload of a time-out of one simple write', async () => {
    const errors = await Promise.all(
      Array.from({ length: 40 }, (_, k) =>
        write('tight', k).then(
          () => undefined,
          (error) => error,
        ),
      ),
    );
    const { consistencies } = types;
    expect(errors.find(Boolean)).toMatchObject({
      consistencies: consistencies.localQuorum,
      received: 0,
      blockFor: 2,
      writeType: 'SIMPLE',
    });
  });

  test('reads over the capacity time out as reads, and count what pages cost', async () => {
    await pause(1_100);
    const refusals = await Promise.all(
      Array.from({ length: 20 }, () => refusalOf(client.execute(`SELECT v FROM ${ks}.tight WHERE k = 1`))),
    );
    expect(refusals.filter((refusal) => refusal?.code === 0x1200).length).toBeGreaterThan(5);
    expect(refusals.filter((refusal) => refusal === undefined).length).toBeGreaterThan(2);
  });

  test('some of the throttled writes are done all the same', async () => {
    standIn.faults.change({ appliedThrottles: 1 });
    await pause(1_100);
    const refusals = await Promise.all(Array.from({ length: 40 }, (_, k) => refusalOf(write('applied', k))));
    standIn.faults.change(quiet);
    const refused = refusals.findIndex((refusal) => refusal !== undefined);
    expect(refused).toBeGreaterThanOrEqual(0);
    expect(await isThere('applied', refused)).toBe(true);
  });

  test('one connection takes only so many queries a second', async () => {
    await pause(1_100);
    const refusals = await Promise.all(Array.from({ length: 400 }, (_, k) => refusalOf(write('free', k))));
    expect(refusals.filter(Boolean).length).toBeGreaterThan(100);
    expect(await counted('PerConnectionRequestRateExceeded')).toBeGreaterThan(100);
  });
});

describe('rule 30, faults', () => {
  test('failures carry the code and text of one failing replica', async () => {
    await pause(1_100);
    standIn.faults.change({ failures: 1 });
    const refusals = [
      await refusalOf(write('free', 1)),
      await refusalOf(client.execute(`SELECT v FROM ${ks}.free WHERE k = 1`)),
    ];
    standIn.faults.change(quiet);
    expect(refusals.map((refusal) => refusal?.code)).toEqual([0x1500, 0x1300]);
    expect(await refusalOf(write('free', 1))).toBeUndefined();
  });

  test('server errors', async () => {
    standIn.faults.change({ serverErrors: 1 });
    const refusal = await refusalOf(write('free', 1));
    standIn.faults.change(quiet);
    expect(refusal?.code).toBe(0x0000);
  });

  test('a lost answer: the write is done and the client never hears of it', async () => {
    standIn.faults.change({ lostAnswers: 1 });
    const refusal = await refusalOf(write('free', 9_001, { readTimeout: 300 }));
    standIn.faults.change(quiet);
    expect(refusal?.message).toMatch(/did not (reply|respond)|timed? ?out/i);
    expect(await isThere('free', 9_001)).toBe(true);
  });

  test('a reset breaks the connection; the driver comes back on another', async () => {
    standIn.faults.change({ resets: 1 });
    expect(await refusalOf(write('free', 9_002))).toBeDefined();
    standIn.faults.change(quiet);
    await pause(1_500);
    expect(await refusalOf(write('free', 9_003))).toBeUndefined();
  });

  test('slow answers come late', async () => {
    standIn.faults.change({ slow: 1, slowMs: 400 });
    const began = performance.now();
    await write('free', 9_004);
    standIn.faults.change(quiet);
    expect(performance.now() - began).toBeGreaterThan(390);
  });

  test('a connection that is silent for too long is closed', async () => {
    const silent = await aStandIn(inject('sandbox'), { faults: { idleCloseMs: 200 } });
    const idle = await silent.client({ pooling: { heartBeatInterval: 0 } });
    const closed = new Promise((resolve) =>
      idle.on('log', (_level, _name, message) => /closed|disconnected/i.test(message) && resolve(true)),
    );
    expect(await Promise.race([closed, pause(3_000)])).toBe(true);
    await silent.close();
  });

  test('only what is a fault can be switched, and within its bounds', () => {
    expect(() => standIn.faults.change({ resets: 2 })).toThrow(RangeError);
    expect(() => standIn.faults.change({ rests: 0.1 })).toThrow('no fault is called rests');
    expect(standIn.faults.now.resets).toBe(0);
  });
});

describe('rule 35, equal-timestamps', () => {
  test('either write wins, by a coin; what Cassandra alone would decide by value', async () => {
    const coins = await aStandIn(inject('sandbox'), {
      rules: { mode: 'strict', off: ['throttling'], on: ['equal-timestamps'] },
      seed: 5,
    });
    const tied = await coins.client();
    await define(coins, tied, `${ks}_ties`, [
      "CREATE TABLE $.t (k int PRIMARY KEY, v text) WITH CUSTOM_PROPERTIES = {'client_side_timestamps': {'status': 'enabled'}}",
    ]);
    const inFrame = (k: number, v: string, timestamp: number) =>
      tied.execute(`INSERT INTO ${ks}_ties.t (k, v) VALUES (?, ?)`, [k, v], { timestamp });
    const inStatement = (k: number, v: string, timestamp: number) =>
      tied.execute(`INSERT INTO ${ks}_ties.t (k, v) VALUES (?, ?) USING TIMESTAMP ?`, [k, v, BigInt(timestamp)]);
    for (const [way, from] of [
      [inFrame, 0],
      [inStatement, 100],
    ] as const) {
      const winners: string[] = [];
      for (let k = from; k < from + 30; k++) {
        const timestamp = Date.now() * 1000;
        for (const v of ['z', 'a']) await way(k, v, timestamp);
        winners.push((await tied.execute(`SELECT v FROM ${ks}_ties.t WHERE k = ?`, [k])).rows[0]!.v);
      }
      expect(new Set(winners)).toEqual(new Set(['a', 'z']));
    }
    await tied.execute(`DROP KEYSPACE ${ks}_ties`, [], { prepare: false });
    await coins.close();
  });
});

describe('optional rules', () => {
  test('33 and 34: batches over tables fail inside, bare names cannot be prepared', async () => {
    const on = ['batch-over-tables', 'unqualified-tables'];
    const odd = await aStandIn(inject('sandbox'), { rules: { mode: 'strict', off: ['asynchronous-definitions'], on } });
    await odd.state.createKeyspace({ name: ks });
    await pause(100);
    for (const { name, schema } of standIn.state.tables(ks))
      await odd.state.createTable({ keyspace: ks, name, schema });
    const other = await odd.client({ keyspace: ks });
    const queries = ['free', 'stamped'].map((table) => `INSERT INTO ${ks}.${table} (k) VALUES (1)`);
    expect(await refusalOf(other.batch(queries, { logged: false }))).toEqual({
      code: 0,
      message: 'java.lang.AssertionError',
    });
    expect(await refusalOf(other.batch(queries.slice(1), { logged: false }))).toBeUndefined();
    expect(await refusalOf(other.execute('SELECT v FROM free WHERE k = 1', [], { prepare: true }))).toMatchObject({
      code: 0x2200,
    });
    expect(
      await refusalOf(other.execute(`SELECT v FROM ${ks}.free WHERE k = 1`, [], { prepare: true })),
    ).toBeUndefined();
    await odd.close();
  });

  test('36: an account with another partitioner says so, and its tokens are not known', async () => {
    const rules = { mode: 'strict', off: ['asynchronous-definitions'], on: ['other-partitioner'] } as const;
    const odd = await aStandIn(inject('sandbox'), { rules });
    await adopt(odd, standIn, ks);
    const other = await odd.client({ keyspace: ks });
    const { rows } = await other.execute('SELECT partitioner FROM system.local');
    expect(rows[0]!.partitioner).toBe('com.amazonaws.cassandra.DefaultPartitioner');
    for (const cql of [`SELECT k FROM ${ks}.free WHERE TOKEN(k) > 0`, `SELECT TOKEN(k) FROM ${ks}.free`]) {
      const about = await refusalOf(other.execute(cql, [], { prepare: false }));
      expect(about).toMatchObject({ code: 0x2200, message: expect.stringContaining('TOKEN()') });
      expect(await refusalOf(client.execute(cql, [], { prepare: false }))).toBeUndefined();
    }
    expect(await refusalOf(other.execute(`SELECT k FROM ${ks}.free`))).toBeUndefined();
    await odd.close();
  });
});
