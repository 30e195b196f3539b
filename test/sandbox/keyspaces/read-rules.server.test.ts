import { type Client, types } from 'cassandra-driver';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { adopt, aStandIn, define, type RunningStandIn, refusalOf } from './a-stand-in.ts';

const ks = `standin_reads_${process.pid}`;
const { consistencies } = types;
let standIn: RunningStandIn;
let client: Client;

beforeAll(async () => {
  // Its rows of 100 KB are more than a storage partition takes in a second.
  standIn = await aStandIn(inject('sandbox'), { rules: { mode: 'strict', off: ['throttling'], on: [] } });
  client = await standIn.client();
  await define(standIn, client, ks, [
    'CREATE TABLE $.rows (k int, c int, v text, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)',
    'CREATE TABLE $.big (k int, c int, v blob, PRIMARY KEY (k, c))',
  ]);
  for (let k = 0; k < 40; k++) {
    const queries = [1, 2, 3].map((c) => ({
      query: `INSERT INTO ${ks}.rows (k, c, v) VALUES (?, ?, ?)`,
      params: [k, c, `${k}/${c}`],
    }));
    await client.batch(queries, { prepare: true, logged: false });
  }
  const blob = Buffer.alloc(100_000, 7);
  for (let c = 0; c < 30; c++) await client.execute(`INSERT INTO ${ks}.big (k, c, v) VALUES (1, ?, ?)`, [c, blob]);
});

afterAll(async () => {
  await client.execute(`DROP KEYSPACE ${ks}`, [], { prepare: false });
  expect(standIn.bugs).toEqual([]);
  await standIn.close();
});

/** Every page of a SELECT, as many rows as each has. */
async function pages(cql: string, params: unknown[] = [], fetchSize = 5_000, reader = client): Promise<types.Row[][]> {
  const all: types.Row[][] = [];
  let pageState: string | undefined;
  do {
    const result = await reader.execute(cql, params, { prepare: true, fetchSize, ...(pageState && { pageState }) });
    all.push(result.rows);
    pageState = result.pageState ?? undefined;
  } while (pageState);
  return all;
}

describe('rule 2, read-consistency', () => {
  test.each(['one', 'localOne', 'localQuorum'] as const)('reads at %s', async (name) => {
    expect(
      await refusalOf(client.execute(`SELECT v FROM ${ks}.rows WHERE k = 1`, [], { consistency: consistencies[name] })),
    ).toBeUndefined();
  });

  test.each(['quorum', 'all', 'two', 'eachQuorum', 'serial', 'localSerial'] as const)(
    'does not read at %s',
    async (name) => {
      const read = client.execute(`SELECT v FROM ${ks}.rows WHERE k = 1`, [], { consistency: consistencies[name] });
      expect(await refusalOf(read)).toMatchObject({ code: 0x2200 });
    },
  );

  test('holds for system tables and USE', async () => {
    const { quorum } = consistencies;
    const level = /Consistency level QUORUM is not supported .*: ONE, LOCAL_QUORUM, LOCAL_ONE/;
    for (const cql of ['SELECT * FROM system.local', `USE ${ks}`]) {
      const refusal = await refusalOf(client.execute(cql, [], { consistency: quorum, prepare: false }));
      expect(refusal!.message).toMatch(level);
    }
  });
});

describe('rule 10, short-pages', () => {
  test('a page ends at 1 MB, and the next goes on behind it', async () => {
    const read = await pages(`SELECT c, v FROM ${ks}.big WHERE k = 1`);
    expect(read.map((rows) => rows.length)).toEqual([10, 10, 10]);
    expect(read.flat().map((row) => row.c)).toEqual(Array.from({ length: 30 }, (_, c) => c));
  });

  test('a page of an IN ends after ten sub-queries; the rows come in the order of the keys that were given', async () => {
    const keys = Array.from({ length: 25 }, (_, i) => (i * 7) % 40);
    for (const [cql, params] of [
      [`SELECT k, c FROM ${ks}.rows WHERE k IN ?`, [keys]],
      [`SELECT k, c FROM ${ks}.rows WHERE k IN (${keys.map(() => '?').join(', ')})`, keys],
      [`SELECT k, c FROM ${ks}.rows WHERE k IN (${keys.join(', ')})`, []],
    ] as const) {
      const read = await pages(cql, params as unknown[]);
      expect(read.map((rows) => rows.length)).toEqual([30, 30, 15]);
      expect(read.flat().map((row) => [row.k, row.c])).toEqual(keys.flatMap((k) => [3, 2, 1].map((c) => [k, c])));
    }
  });

  test('an IN pages inside of its sub-queries too, and keeps to LIMIT and page size', async () => {
    const cql = `SELECT k, c FROM ${ks}.rows WHERE k IN ? AND c IN (1, 2, 3)`;
    const read = await pages(cql, [[5, 6, 7, 8]], 4);
    expect(read.flat().map((row) => [row.k, row.c])).toEqual([5, 6, 7, 8].flatMap((k) => [1, 2, 3].map((c) => [k, c])));
    expect(Math.max(...read.map((rows) => rows.length))).toBeLessThanOrEqual(4);
    expect((await pages(`SELECT k FROM ${ks}.rows WHERE k IN ? LIMIT 5`, [[5, 6, 7, 8]], 2)).flat()).toHaveLength(5);
    expect((await pages(`SELECT k FROM ${ks}.rows WHERE k IN ? LIMIT ?`, [[5, 6], 4])).flat()).toHaveLength(4);
  });

  test('an IN with ORDER BY may page; the order holds within each key', async () => {
    const read = await pages(`SELECT k, c FROM ${ks}.rows WHERE k IN (9, 3) ORDER BY c ASC`);
    expect(read.flat().map((row) => [row.k, row.c])).toEqual([
      [9, 1],
      [9, 2],
      [9, 3],
      [3, 1],
      [3, 2],
      [3, 3],
    ]);
  });

  test('an empty IN answers no rows', async () => {
    expect((await pages(`SELECT k FROM ${ks}.rows WHERE k IN ()`)).flat()).toEqual([]);
  });

  test('scans have short and empty pages; following them to the end gives every row once', async () => {
    const short = await aStandIn(inject('sandbox'), {
      faults: { shortPages: 0.7 },
      seed: 3,
      rules: { mode: 'strict', off: ['asynchronous-definitions'], on: [] },
    });
    const reader = await short.client();
    await adopt(short, standIn, ks);
    const read = await pages(`SELECT k, c FROM ${ks}.rows`, [], 20, reader);
    expect(
      read
        .flat()
        .map((row) => `${row.k}/${row.c}`)
        .sort(),
    ).toEqual(
      Array.from({ length: 40 }, (_, k) => [1, 2, 3].map((c) => `${k}/${c}`))
        .flat()
        .sort(),
    );
    expect(read.slice(0, -1).some((rows) => rows.length === 0)).toBe(true);
    expect(read.slice(0, -1).some((rows) => rows.length > 0 && rows.length < 20)).toBe(true);
    const partition = await pages(`SELECT c FROM ${ks}.rows WHERE k = 3`, [], 2, reader);
    expect(partition.map((rows) => rows.length)).toEqual([2, 1]);
    await short.close();
  });

  test('a paging state that is none of ours is refused', async () => {
    const read = client.execute(`SELECT k FROM ${ks}.rows`, [], { pageState: '0011223344' });
    expect(await refusalOf(read)).toMatchObject({ code: 0x000a });
  });
});

describe('rules 19, 20 and 26, what SELECT has not', () => {
  test.each([
    ['COUNT(*)', 'countRows is not yet supported.'],
    ['count(1)', 'countRows is not yet supported.'],
    ['count(v)', 'count is not yet supported.'],
    ['max(c)', 'max is not yet supported.'],
    ['avg(c)', 'avg is not yet supported.'],
  ])('%s', async (selector, message) => {
    for (const prepare of [true, false]) {
      const read = client.execute(`SELECT ${selector} FROM ${ks}.rows`, [], { prepare });
      expect(await refusalOf(read)).toEqual({ code: 0x2200, message });
    }
  });

  test.each([
    `SELECT DISTINCT k FROM ${ks}.rows`,
    `SELECT k FROM ${ks}.rows GROUP BY k`,
    `SELECT k FROM ${ks}.rows PER PARTITION LIMIT 1`,
  ])('%s is refused in strict mode, and not in lenient', async (cql) => {
    expect(await refusalOf(client.execute(cql))).toMatchObject({ code: 0x2200 });
    const lenient = await aStandIn(inject('sandbox'), {
      rules: { mode: 'lenient', off: ['asynchronous-definitions'], on: [] },
    });
    await adopt(lenient, standIn, ks);
    expect(await refusalOf((await lenient.client()).execute(cql))).toBeUndefined();
    await lenient.close();
  });

  test('at most 100 sub-queries, counted over all INs', async () => {
    const list = (count: number) => Array.from({ length: count }, (_, i) => i);
    const read = (keys: number, columns: number) =>
      client.execute(`SELECT v FROM ${ks}.rows WHERE k IN ? AND c IN ?`, [list(keys), list(columns)]);
    expect(await refusalOf(read(10, 10))).toBeUndefined();
    expect(await refusalOf(read(101, 1))).toMatchObject({ code: 0x2200 });
    expect(await refusalOf(read(26, 4))).toMatchObject({ code: 0x2200 });
  });

  test('token() works alone, and not together with IN', async () => {
    const ranges = await pages(`SELECT k, token(k) AS t FROM ${ks}.rows WHERE token(k) > ? AND token(k) <= ?`, [
      -(2n ** 62n),
      2n ** 62n,
    ]);
    expect(ranges.flat().length).toBeGreaterThan(0);
    expect(ranges.flat().every((row) => row.t > -(2n ** 62n))).toBe(true);
    expect(
      await refusalOf(client.execute(`SELECT v FROM ${ks}.rows WHERE token(k) > 0 AND c IN (1, 2) ALLOW FILTERING`)),
    ).toMatchObject({ code: 0x2200 });
  });

  test('a rule can be switched off by its name', async () => {
    const loose = await aStandIn(inject('sandbox'), {
      rules: { mode: 'strict', off: ['aggregates', 'asynchronous-definitions'], on: [] },
    });
    await adopt(loose, standIn, ks);
    const { rows } = await (await loose.client()).execute(`SELECT COUNT(*) AS n FROM ${ks}.rows`);
    expect(Number(rows[0]!.n)).toBe(120);
    await loose.close();
  });
});

test('metering counts 4 KB of a page as one unit, and half of it at LOCAL_ONE', async () => {
  const units = async () => {
    const { values } = await standIn.meter.registry.getSingleMetric('ConsumedReadCapacityUnits')!.get();
    return values.find(({ labels }) => labels.Keyspace === ks && labels.TableName === 'big')?.value ?? 0;
  };
  const cost = async (consistency: number) => {
    const before = await units();
    await client.execute(`SELECT v FROM ${ks}.big WHERE k = 1 AND c = 1`, [], { consistency });
    return (await units()) - before;
  };
  expect(await cost(consistencies.localQuorum)).toBe(25);
  expect(await cost(consistencies.localOne)).toBe(12.5);
});
