import { type Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { aStandIn, define, type RunningStandIn, refusalOf } from './a-stand-in.ts';

const ks = `standin_writes_${process.pid}`;
const { consistencies } = types;
const day = 24n * 3_600_000_000n;
const now = () => BigInt(Date.now()) * 1000n;
const cst = "{'client_side_timestamps': {'status': 'enabled'}, 'ttl': {'status': 'enabled'}}";
let standIn: RunningStandIn;
let client: Client;

beforeAll(async () => {
  standIn = await aStandIn(inject('sandbox'));
  client = await standIn.client();
  await define(standIn, client, ks, [
    'CREATE TABLE $.plain (k int, c int, v text, n varint, d decimal, PRIMARY KEY (k, c))',
    `CREATE TABLE $.stamped (k int, c int, v text, s text static, PRIMARY KEY (k, c)) WITH CUSTOM_PROPERTIES = ${cst}`,
    `CREATE TABLE $.wide (k int PRIMARY KEY, ${Array.from({ length: 230 }, (_, i) => `v${i} int`).join(', ')}) WITH CUSTOM_PROPERTIES = ${cst}`,
    'CREATE TABLE $.keyed (p text, c text, PRIMARY KEY (p, c))',
    'CREATE TABLE $.counted (k int PRIMARY KEY, n counter)',
  ]);
});

afterAll(async () => {
  await client.execute(`DROP KEYSPACE ${ks}`, [], { prepare: false });
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

const insert = (values: unknown[], options = {}) =>
  client.execute(`INSERT INTO ${ks}.plain (k, c, v) VALUES (?, ?, ?)`, values, options);
const valueAt = async (table: string, k: number, c: number) =>
  (await client.execute(`SELECT v FROM ${ks}.${table} WHERE k = ? AND c = ?`, [k, c])).rows[0]?.v;

describe('rule 1, write-consistency', () => {
  test('takes LOCAL_QUORUM and nothing else', async () => {
    await insert([1, 1, 'x']);
    for (const consistency of [consistencies.one, consistencies.quorum, consistencies.all, consistencies.localOne]) {
      expect(await refusalOf(insert([1, 2, 'x'], { consistency }))).toMatchObject({ code: 0x2200 });
    }
    expect(await refusalOf(insert([1, 2, 'x'], { consistency: consistencies.quorum }))).toEqual({
      code: 0x2200,
      message:
        'Consistency level QUORUM is not supported for this operation. Supported consistency levels are: LOCAL_QUORUM',
    });
    expect(await valueAt('plain', 1, 2)).toBeUndefined();
  });

  test('holds for batches', async () => {
    const query = `INSERT INTO ${ks}.plain (k, c, v) VALUES (1, 3, 'x')`;
    expect(await refusalOf(client.batch([query], { consistency: consistencies.one }))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(client.batch([query], { consistency: consistencies.localQuorum }))).toBeUndefined();
  });
});

describe('rule 3, timestamps-disabled', () => {
  test.each([
    `INSERT INTO ${ks}.plain (k, c, v) VALUES (1, 1, 'x') USING TIMESTAMP 1`,
    `UPDATE ${ks}.plain USING TIMESTAMP 1 SET v = 'x' WHERE k = 1 AND c = 1`,
    `DELETE FROM ${ks}.plain USING TIMESTAMP 1 WHERE k = 1 AND c = 1`,
    `SELECT WRITETIME(v) FROM ${ks}.plain WHERE k = 1`,
    `BEGIN BATCH USING TIMESTAMP 1 INSERT INTO ${ks}.plain (k, c) VALUES (1, 1) APPLY BATCH`,
  ])('%s is refused without client-side timestamps', async (cql) => {
    expect(await refusalOf(client.execute(cql, [], { prepare: false }))).toMatchObject({ code: 0x2200 });
    expect(standIn.rules.refusals.get('timestamps-disabled')).toBeGreaterThan(0);
  });

  test('with them both work', async () => {
    const stamp = now() - (5n * day) / 3n;
    await client.execute(`INSERT INTO ${ks}.stamped (k, c, v) VALUES (1, 1, 'x') USING TIMESTAMP ?`, [stamp]);
    const { rows } = await client.execute(`SELECT WRITETIME(v) AS w FROM ${ks}.stamped WHERE k = 1 AND c = 1`);
    expect(rows[0]!.w).toEqual(stamp);
  });
});

describe('rule 4, timestamp-window', () => {
  const write = (stamp: bigint) =>
    client.execute(`UPDATE ${ks}.stamped USING TIMESTAMP ? SET v = 'w' WHERE k = 4 AND c = 1`, [stamp]);

  test('refuses what is older than two days or more than five minutes ahead', async () => {
    expect(await refusalOf(write(now() - 2n * day - 5_000_000n))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(write(now() + 305_000_000n))).toMatchObject({ code: 0x2200 });
    expect(await valueAt('stamped', 4, 1)).toBeUndefined();
  });

  test('takes what lies within', async () => {
    await write(now() - 2n * day + 5_000_000n);
    await write(now() + 290_000_000n);
    expect(await valueAt('stamped', 4, 1)).toBe('w');
  });

  test('holds for the timestamp of the frame, unless the statement has its own', async () => {
    const old = (Date.now() - 3 * 86_400_000) * 1000;
    const cql = `INSERT INTO ${ks}.stamped (k, c, v) VALUES (4, 2, 'f')`;
    expect(await refusalOf(client.execute(cql, [], { timestamp: old }))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(client.execute(`${cql} USING TIMESTAMP ${now()}`, [], { timestamp: old }))).toBeUndefined();
  });

  test('does not look at the frame of a table without client-side timestamps', async () => {
    const old = 1_000;
    expect(await refusalOf(insert([4, 1, 'x'], { timestamp: old }))).toBeUndefined();
  });
});

describe('rules 5 and 6, arrival-order', () => {
  test('the later write wins, whatever timestamp its frame carries', async () => {
    await insert([5, 1, 'first'], { timestamp: (Date.now() + 86_400_000) * 1000 });
    await insert([5, 1, 'second'], { timestamp: 1_000_000 });
    expect(await valueAt('plain', 5, 1)).toBe('second');
  });

  test('an older insert that arrives after a delete brings the row back', async () => {
    await insert([6, 1, 'x'], { timestamp: 2_000 });
    await client.execute(`DELETE FROM ${ks}.plain WHERE k = 6 AND c = 1`, [], {
      timestamp: Date.now() * 1000,
    });
    await insert([6, 1, 'ghost'], { timestamp: 1_000 });
    expect(await valueAt('plain', 6, 1)).toBe('ghost');
  });

  test('with client-side timestamps the greater one wins, and a tombstone keeps the row away', async () => {
    const base = now();
    const write = (v: string, stamp: bigint) =>
      client.execute(`INSERT INTO ${ks}.stamped (k, c, v) VALUES (6, 1, ?) USING TIMESTAMP ?`, [v, stamp]);
    await write('newer', base);
    await write('older', base - 10n);
    expect(await valueAt('stamped', 6, 1)).toBe('newer');
    await client.execute(`DELETE FROM ${ks}.stamped USING TIMESTAMP ? WHERE k = 6 AND c = 1`, [base + 10n]);
    await write('late', base + 5n);
    expect(await valueAt('stamped', 6, 1)).toBeUndefined();
  });

  test('conditional writes keep their place between others', async () => {
    for (let round = 0; round < 20; round++) {
      await insert([5, 10 + round, 'a']);
      const cql = `UPDATE ${ks}.plain SET v = 'b' WHERE k = 5 AND c = ? IF v = 'a'`;
      expect((await client.execute(cql, [10 + round])).wasApplied()).toBe(true);
      expect(await valueAt('plain', 5, 10 + round)).toBe('b');
      await insert([5, 10 + round, 'c']);
      expect(await valueAt('plain', 5, 10 + round)).toBe('c');
    }
  });

  test('within one unlogged batch the later statement wins', async () => {
    for (const values of [
      ['zz', 'aa'],
      ['aa', 'zz'],
    ]) {
      const queries = values.map((v) => ({
        query: `INSERT INTO ${ks}.plain (k, c, v) VALUES (5, 50, ?)`,
        params: [v],
      }));
      await client.batch(queries, { prepare: true, logged: false });
      expect(await valueAt('plain', 5, 50)).toBe(values[1]);
    }
    await client.batch(
      [
        `INSERT INTO ${ks}.plain (k, c, v) VALUES (5, 51, 'x')`,
        `DELETE FROM ${ks}.plain WHERE k = 5 AND c = 51`,
        `INSERT INTO ${ks}.plain (k, c, v) VALUES (5, 51, 'y')`,
      ],
      { logged: false },
    );
    expect(await valueAt('plain', 5, 51)).toBe('y');
  });
});

describe('rules 7 and 8, deletes of ranges', () => {
  const rowsOf = async (k: number) =>
    (await client.execute(`SELECT c FROM ${ks}.plain WHERE k = ?`, [k], { fetchSize: 5_000 })).rows.length;
  const fill = async (k: number, count: number) => {
    for (let from = 0; from < count; from += 25) {
      const queries = Array.from({ length: Math.min(25, count - from) }, (_, i) => ({
        query: `INSERT INTO ${ks}.plain (k, c, v) VALUES (?, ?, 'x')`,
        params: [k, from + i],
      }));
      await client.batch(queries, { prepare: true, logged: false });
    }
  };

  test('are accepted first and done later, row by row', async () => {
    await fill(7, 10);
    await client.execute(`DELETE FROM ${ks}.plain WHERE k = ? AND c >= ?`, [7, 4]);
    expect(await rowsOf(7)).toBe(10);
    await standIn.settled();
    expect(await rowsOf(7)).toBe(4);
    await client.execute(`DELETE FROM ${ks}.plain WHERE k = 7`, [], { prepare: false });
    await standIn.settled();
    expect(await rowsOf(7)).toBe(0);
  });

  test('leave no tombstone of the range: a row with an older timestamp that comes later stays', async () => {
    const base = now();
    await client.execute(`INSERT INTO ${ks}.stamped (k, c, v) VALUES (7, 1, 'x') USING TIMESTAMP ?`, [base - 100n]);
    await client.execute(`DELETE FROM ${ks}.stamped USING TIMESTAMP ? WHERE k = ?`, [base, 7]);
    await standIn.settled();
    await client.execute(`INSERT INTO ${ks}.stamped (k, c, v) VALUES (7, 2, 'late') USING TIMESTAMP ?`, [base - 50n]);
    expect(await valueAt('stamped', 7, 1)).toBeUndefined();
    expect(await valueAt('stamped', 7, 2)).toBe('late');
  });

  test('take the static columns of a whole partition with them, and of a range not', async () => {
    const write = () =>
      client.execute(`INSERT INTO ${ks}.stamped (k, c, v, s) VALUES (8, 1, 'x', 'static')`, [], {
        timestamp: (Date.now() - 1000) * 1000,
      });
    const statics = async () =>
      (await client.execute(`SELECT s FROM ${ks}.stamped WHERE k = 8`)).rows.map((row) => row.s);
    await write();
    await client.execute(`DELETE FROM ${ks}.stamped WHERE k = 8 AND c > 0`);
    await standIn.settled();
    expect(await statics()).toEqual(['static']);
    await client.execute(`DELETE FROM ${ks}.stamped WHERE k = 8`);
    await standIn.settled();
    expect(await statics()).toEqual([]);
  });

  test('that Cassandra will not have are answered with its own error', async () => {
    for (const prepare of [true, false])
      expect(
        await refusalOf(client.execute(`DELETE FROM ${ks}.plain WHERE k = 7 AND v = 'x'`, [], { prepare })),
      ).toMatchObject({ code: 0x2200 });
  });

  test('are refused of more than 1,000 rows, and delete none of them', async () => {
    await fill(9, 1_001);
    expect(await refusalOf(client.execute(`DELETE FROM ${ks}.plain WHERE k = 9`))).toEqual({
      code: 0x2200,
      message: 'Range delete requests are limited by the amount of items that can be deleted in a single range.',
    });
    await client.execute(`DELETE FROM ${ks}.plain WHERE k = 9 AND c = 0`);
    await standIn.settled();
    expect(await rowsOf(9)).toBe(1_000);
    expect(await refusalOf(client.execute(`DELETE FROM ${ks}.plain WHERE k = 9`))).toBeUndefined();
    await standIn.settled();
    expect(await rowsOf(9)).toBe(0);
  });
});

describe('rule 11, ttl-disabled', () => {
  test('refuses USING TTL without the property, also of nothing', async () => {
    const cql = `INSERT INTO ${ks}.plain (k, c, v) VALUES (11, 1, 'x') USING TTL ?`;
    expect(await refusalOf(client.execute(cql, [60]))).toEqual({ code: 0x2200, message: 'TTL is not yet supported.' });
    expect(await refusalOf(client.execute(cql, [0]))).toMatchObject({ code: 0x2200 });
  });

  test('takes it with the property', async () => {
    await client.execute(`INSERT INTO ${ks}.stamped (k, c, v) VALUES (11, 1, 'x') USING TTL ?`, [600]);
    const { rows } = await client.execute(`SELECT TTL(v) AS t FROM ${ks}.stamped WHERE k = 11`);
    expect(rows[0]!.t).toBeGreaterThan(590);
  });
});

describe('rules 13 and 14, values', () => {
  test('a row of more than 1 MB is refused', async () => {
    await insert([13, 1, 'x'.repeat(1_000_000)]);
    expect(await refusalOf(insert([13, 2, 'x'.repeat(1_050_000)]))).toEqual({
      code: 0x2200,
      message: 'The row has exceeded the maximum allowed size',
    });
  });

  test.each([
    ['n', 10n ** 38n - 1n, 10n ** 38n],
    ['n', -(10n ** 38n) + 1n, -(10n ** 38n)],
    ['n', 5n, 2n ** 200n],
  ])('column %s takes %s and not %s', async (column, taken, refused) => {
    const cql = `INSERT INTO ${ks}.plain (k, c, ${column}) VALUES (14, 1, ?)`;
    expect(await refusalOf(client.execute(cql, [taken]))).toBeUndefined();
    expect(await refusalOf(client.execute(cql, [refused]))).toEqual({
      code: 0x2200,
      message: 'The requested number value being inserted exceeds the maximum allowed precision of 38 decimal digits',
    });
  });

  test('decimals count their digits, wherever the point is', async () => {
    const write = (digits: string) =>
      client.execute(`INSERT INTO ${ks}.plain (k, c, d) VALUES (14, 2, ${digits})`, [], { prepare: false });
    const bound = (digits: string) =>
      client.execute(`INSERT INTO ${ks}.plain (k, c, d) VALUES (14, 2, ?)`, [types.BigDecimal.fromString(digits)]);
    const short = `${'9'.repeat(20)}.${'9'.repeat(18)}`;
    for (const way of [write, bound]) {
      expect(await refusalOf(way(short))).toBeUndefined();
      expect(await refusalOf(way(`${short}9`))).toMatchObject({ code: 0x2200 });
    }
  });
});

describe('rules 20 to 22, keys and columns', () => {
  test('IN is refused in UPDATE and DELETE', async () => {
    expect(await refusalOf(client.execute(`UPDATE ${ks}.plain SET v = 'x' WHERE k IN (1, 2) AND c = 1`))).toMatchObject(
      { code: 0x2200 },
    );
    expect(await refusalOf(client.execute(`DELETE FROM ${ks}.plain WHERE k = 1 AND c IN (1, 2)`))).toMatchObject({
      code: 0x2200,
    });
  });

  test.each([
    ['partition', 2_048, 2_049, (size: number) => ['x'.repeat(size), 'c']],
    ['clustering', 850, 851, (size: number) => ['p', 'x'.repeat(size)]],
  ])('a %s key has at most %i bytes', async (_, most, tooMany, values) => {
    const write = (size: number) => client.execute(`INSERT INTO ${ks}.keyed (p, c) VALUES (?, ?)`, values(size));
    expect(await refusalOf(write(most))).toBeUndefined();
    expect(await refusalOf(write(tooMany))).toMatchObject({ code: 0x2200 });
  });

  test('225 columns are written at once, 166 with a TTL, and not one more', async () => {
    const write = (count: number, using: string) => {
      const names = Array.from({ length: count }, (_, i) => `v${i}`).join(', ');
      return client.execute(
        `INSERT INTO ${ks}.wide (k, ${names}) VALUES (1, ${Array(count).fill('1').join(', ')}) ${using}`,
        [],
        { prepare: false },
      );
    };
    expect(await refusalOf(write(225, ''))).toBeUndefined();
    expect(await refusalOf(write(226, ''))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(write(166, 'USING TTL 60'))).toBeUndefined();
    expect(await refusalOf(write(167, 'USING TTL 60'))).toMatchObject({ code: 0x2200 });
  });
});

describe('rules 15 to 17, batches', () => {
  const batchOf = (count: number, logged: boolean, table = 'plain') =>
    client.batch(
      Array.from({ length: count }, (_, c) => ({
        query: `INSERT INTO ${ks}.${table} (k, c, v) VALUES (?, ?, 'b')`,
        params: [15, c],
      })),
      { prepare: true, logged },
    );

  test('an unlogged batch has at most 30 statements', async () => {
    expect(await refusalOf(batchOf(30, false))).toBeUndefined();
    expect(await refusalOf(batchOf(31, false))).toEqual({
      code: 0x2200,
      message: 'Batches with more than 30 statements are not supported.',
    });
  });

  test('a logged batch has at most 100, and 50 with static columns', async () => {
    expect(await refusalOf(batchOf(100, true))).toBeUndefined();
    expect(await refusalOf(batchOf(101, true))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(batchOf(50, true, 'stamped'))).toBeUndefined();
    expect(await refusalOf(batchOf(51, true, 'stamped'))).toMatchObject({ code: 0x2200 });
  });

  test.each([
    [
      'a row twice',
      `INSERT INTO ${ks}.plain (k, c) VALUES (16, 1); UPDATE ${ks}.plain SET v = 'x' WHERE k = 16 AND c = 1;`,
    ],
    ['a range delete', `DELETE FROM ${ks}.plain WHERE k = 16;`],
    ['IN', `DELETE FROM ${ks}.plain WHERE k = 16 AND c IN (1, 2);`],
  ])('a logged batch has not %s', async (_, statements) => {
    expect(
      await refusalOf(client.execute(`BEGIN BATCH ${statements} APPLY BATCH`, [], { prepare: false })),
    ).toMatchObject({ code: 0x2200 });
    expect(standIn.rules.refusals.has('logged-batch')).toBe(true);
  });

  test('counters are no part of a logged batch', async () => {
    const add = `UPDATE ${ks}.counted SET n = n + 1 WHERE k = 16`;
    expect(await refusalOf(client.batch([add], { logged: true }))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(client.batch([add], { counter: true }))).toBeUndefined();
  });

  test('a logged batch has at most 4 MB', async () => {
    const queries = Array.from({ length: 5 }, (_, c) => ({
      query: `INSERT INTO ${ks}.plain (k, c, v) VALUES (16, ?, ?)`,
      params: [c, 'x'.repeat(900_000)],
    }));
    expect(await refusalOf(client.batch(queries, { prepare: true }))).toMatchObject({ code: 0x2200 });
  });

  test('an unlogged batch has no conditions; a logged one may', async () => {
    const conditional = [`INSERT INTO ${ks}.plain (k, c) VALUES (17, 1) IF NOT EXISTS`];
    expect(await refusalOf(client.batch(conditional, { logged: false }))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(client.batch(conditional, { logged: true }))).toBeUndefined();
  });

  test('a range delete in an unlogged batch of text goes its own way beside the others', async () => {
    await insert([18, 1, 'x']);
    const cql = `BEGIN UNLOGGED BATCH DELETE FROM ${ks}.plain WHERE k = ?; INSERT INTO ${ks}.plain (k, c, v) VALUES (?, 2, ?) APPLY BATCH`;
    await client.execute(cql, [18, 19, 'y'], { prepare: false, hints: ['int', 'int', 'text'] });
    await standIn.settled();
    expect(await valueAt('plain', 18, 1)).toBeUndefined();
    expect(await valueAt('plain', 19, 2)).toBe('y');
  });
});
