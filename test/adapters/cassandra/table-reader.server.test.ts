import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSourceCluster } from '../../../src/adapters/cassandra/open-source-cluster.ts';
import { OperatorError } from '../../../src/errors.ts';
import { isMulticell } from '../../../src/model/cql-type.ts';
import { maxToken, minToken, rangesOfRing, splitRange } from '../../../src/model/token.ts';
import type { SourceCluster } from '../../../src/ports/source-cluster.ts';
import type { CqlPool } from '../../../src/wire/cql/cql-pool.ts';
import { int, text } from '../../support/a-table.ts';
import { packPage } from '../../support/in-memory-reader.ts';
import { allColumns, createKeyspace, rawPool, rowsOf, run, sourceEndpoint, tableNamed } from './sandbox-cluster.ts';

const wholeRing = { start: minToken, end: maxToken };

// Value literal and the bytes that CQL gives it, by type.
const everyType: Readonly<Record<string, readonly [string, string]>> = {
  ascii: ["'az'", '617a'],
  bigint: ['-2', 'fffffffffffffffe'],
  blob: ['0x00ff', '00ff'],
  boolean: ['true', '01'],
  date: ["'1970-01-02'", '80000001'],
  decimal: ['-1.5', '00000001f1'],
  double: ['1.5', '3ff8000000000000'],
  duration: ['1mo2d3ns', '020406'],
  float: ['1.5', '3fc00000'],
  inet: ["'127.0.0.1'", '7f000001'],
  int: ['-1', 'ffffffff'],
  smallint: ['258', '0102'],
  text: ["'ä'", 'c3a4'],
  time: ["'00:00:00.000000001'", '0000000000000001'],
  timestamp: ['1000', '00000000000003e8'],
  timeuuid: ['c22ef960-e57e-11f0-998d-07d7b7396024', 'c22ef960e57e11f0998d07d7b7396024'],
  tinyint: ['-1', 'ff'],
  uuid: ['8e8b2f36-bbed-4d99-816a-942e19f2a455', '8e8b2f36bbed4d99816a942e19f2a455'],
  varint: ['-129', 'ff7f'],
  'list<int>': ['[1, 2]', '00000002000000040000000100000004' + '00000002'],
  'set<text>': ["{'b', 'a'}", '00000002' + '0000000161' + '0000000162'],
  'map<int, text>': ["{1: 'x'}", '00000001' + '0000000400000001' + '0000000178'],
  'frozen<list<int>>': ['[7]', '00000001' + '0000000400000007'],
  'frozen<set<int>>': ['{}', '00000000'],
  'tuple<int, text>': ["(1, 'x')", '0000000400000001' + '0000000178'],
  pair: ['{a: 1, b: null}', '0000000400000001' + 'ffffffff'],
  'frozen<pair>': ["{a: 1, b: 'x'}", '0000000400000001' + '0000000178'],
  'vector<float, 2>': ['[1.5, 1.5]', '3fc000003fc00000'],
};

describe('reading tables of a real Cassandra', () => {
  let cluster: SourceCluster;
  let pool: CqlPool;
  let keyspace: string;

  beforeAll(async () => {
    pool = rawPool(sourceEndpoint());
    cluster = await openSourceCluster(sourceEndpoint());
    keyspace = await createKeyspace(pool);
  });

  afterAll(async () => {
    if (keyspace) await run(pool, `DROP KEYSPACE ${keyspace}`);
    await cluster?.close();
    await pool?.close();
  });

  it('cells of every type come as the bytes that Cassandra keeps, and a missing value as null', async () => {
    const types = Object.keys(everyType);
    await run(pool, `CREATE TYPE ${keyspace}.pair (a int, b text)`);
    const columns = types.map((type, index) => `c${index} ${type}`).join(', ');
    await run(pool, `CREATE TABLE ${keyspace}.every (id int PRIMARY KEY, ${columns})`);
    const names = types.map((_, index) => `c${index}`).join(', ');
    const literals = types.map((type) => everyType[type]![0]).join(', ');
    await run(pool, `INSERT INTO ${keyspace}.every (id, ${names}) VALUES (1, ${literals})`);
    await run(pool, `INSERT INTO ${keyspace}.every (id) VALUES (2)`);
    const table = await tableNamed(cluster, keyspace, 'every');
    const asked = [table.partitionKey[0]!, ...types.map((_, index) => table.columns.get(`c${index}`)!)];

    const [full] = await rowsOf(cluster.readPartition({ table, columns: asked, partitionKey: [int(1)] }));
    const hex = full!.values.slice(1).map((cell) => cell?.toString('hex'));
    expect(Object.fromEntries(types.map((type, index) => [type, hex[index]]))).toEqual(
      Object.fromEntries(types.map((type) => [type, everyType[type]![1]])),
    );

    const [empty] = await rowsOf(cluster.readPartition({ table, columns: asked, partitionKey: [int(2)] }));
    expect(empty!.values.slice(1).every((cell) => cell === null)).toBe(true);
  });

  it('ranges that partition the ring give each row once, whatever the page size', async () => {
    await run(pool, `CREATE TABLE ${keyspace}.many (id int, c int, v text, PRIMARY KEY (id, c))`);
    const insert = `INSERT INTO ${keyspace}.many (id, c, v) VALUES (?, ?, ?)`;
    const cells = Array.from({ length: 300 }, (_, row) => [int(row % 60), int(row), text('v')]);
    await Promise.all(cells.map((values) => pool.execute(insert, values, { consistency: 'ONE' })));
    const table = await tableNamed(cluster, keyspace, 'many');
    const ranges = rangesOfRing([0n, -5_000_000_000_000_000_000n]).flatMap((range) => splitRange(range, 3));
    for (const pageSize of [1, 7, 5000]) {
      const read = (range: (typeof ranges)[0]) =>
        rowsOf(cluster.readRange({ table, columns: allColumns(table), range, pageSize }));
      const rows = (await Promise.all(ranges.map(read))).flat();
      expect(rows).toHaveLength(300);
      expect(new Set(rows.map((row) => row.values[1]!.readInt32BE())).size).toBe(300);
    }
  });

  it('a page holds no more rows than asked for, and an iteration can be left early and begun again', async () => {
    const table = await tableNamed(cluster, keyspace, 'many');
    const read = { table, columns: allColumns(table), range: wholeRing, pageSize: 10 };
    for await (const page of cluster.readRange(read)) {
      expect(page.length).toBe(10);
      break;
    }
    expect(await rowsOf(cluster.readRange(read))).toHaveLength(300);
  });

  it('packed pages hold the rows of readRange, byte for byte and in their order', async () => {
    const table = await tableNamed(cluster, keyspace, 'many');
    const read = { table, columns: allColumns(table), range: wholeRing };
    const rows = await rowsOf(cluster.readRange(read));
    for (const pageSize of [7, undefined]) {
      const bytes: Buffer[] = [];
      let count = 0;
      for await (const page of cluster.readPacked({ ...read, ...(pageSize && { pageSize }) })) {
        bytes.push(Buffer.from(page.bytes));
        count += page.starts.length - 1;
        expect(page.starts.at(-1)).toBe(page.bytes.length);
      }
      expect(count).toBe(300);
      expect(Buffer.concat(bytes)).toEqual(packPage(rows).bytes);
    }
  });

  it('TTLs and write times come beside the values, null where there are none', async () => {
    await run(
      pool,
      `CREATE TABLE ${keyspace}.timed (id int PRIMARY KEY, a text, b frozen<list<int>>, c text)`,
      `INSERT INTO ${keyspace}.timed (id, a) VALUES (1, 'x') USING TIMESTAMP 1000`,
      `INSERT INTO ${keyspace}.timed (id, b) VALUES (1, [1]) USING TIMESTAMP 9007199254740993 AND TTL 500`,
    );
    const table = await tableNamed(cluster, keyspace, 'timed');
    const columns = allColumns(table);
    const timed = columns.slice(1);
    const [row] = await rowsOf(
      cluster.readPartition({ table, columns, ttlColumns: timed, writeTimeColumns: timed, partitionKey: [int(1)] }),
    );
    expect(row!.values.map((cell) => cell?.toString('hex'))).toEqual([
      '00000001',
      '78',
      '000000010000000400000001',
      undefined,
    ]);
    expect(row!.writeTimesMicros).toEqual([1000n, 9007199254740993n, null]);
    const [a, b, c] = row!.ttlSeconds;
    expect([a, c]).toEqual([null, null]);
    expect(b).toBeGreaterThan(400);
    expect(b).toBeLessThanOrEqual(500);
  });

  it('a partition that holds only statics comes as one row without clustering, others carry the statics', async () => {
    await run(
      pool,
      `CREATE TABLE ${keyspace}.st (id int, c int, s text static, v text, PRIMARY KEY (id, c))`,
      `INSERT INTO ${keyspace}.st (id, s) VALUES (1, 'only')`,
      `INSERT INTO ${keyspace}.st (id, c, s, v) VALUES (2, 1, 'both', 'v1')`,
      `INSERT INTO ${keyspace}.st (id, c, v) VALUES (2, 2, 'v2')`,
    );
    const table = await tableNamed(cluster, keyspace, 'st');
    const rows = await rowsOf(cluster.readRange({ table, columns: allColumns(table), range: wholeRing }));
    const shown = rows.map(({ values: [id, c, s, v] }) => [
      id!.readInt32BE(),
      c?.readInt32BE() ?? null,
      `${s}`,
      v && `${v}`,
    ]);
    expect(shown.sort((a, b) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]))).toEqual([
      [1, null, 'only', null],
      [2, 1, 'both', 'v1'],
      [2, 2, 'both', 'v2'],
    ]);
  });

  it('keys of partitions come once each, in the order of tokens, those of static values only among them', async () => {
    await run(
      pool,
      `CREATE TABLE ${keyspace}.keyed (a int, b text, c int, s text static, PRIMARY KEY ((a, b), c))`,
      `INSERT INTO ${keyspace}.keyed (a, b, s) VALUES (-1, 'only static', 's')`,
      `INSERT INTO ${keyspace}.keyed (a, b, c) VALUES (-2, 'gone', 1)`,
      `DELETE FROM ${keyspace}.keyed WHERE a = -2 AND b = 'gone' AND c = 1`,
    );
    const insert = `INSERT INTO ${keyspace}.keyed (a, b, c) VALUES (?, ?, ?)`;
    const cells = Array.from({ length: 300 }, (_, n) => [int(n % 60), text(`${n % 60}`), int(n)]);
    await Promise.all(cells.map((values) => pool.execute(insert, values, { consistency: 'ONE' })));
    const table = await tableNamed(cluster, keyspace, 'keyed');
    const rows = await rowsOf(cluster.readRange({ table, columns: allColumns(table), range: wholeRing }));
    const expected = [...new Set(rows.map(({ values: [a, b] }) => `${a!.toString('hex')} ${b}`))];
    expect(expected).toHaveLength(61);
    for (const pageSize of [7, undefined]) {
      const keys = await Promise.all(
        splitRange(wholeRing, 4).map((range) =>
          rowsOf(cluster.readPartitionKeys({ table, range, ...(pageSize && { pageSize }) })),
        ),
      );
      expect(keys.flat().map(([a, b]) => `${a!.toString('hex')} ${b}`)).toEqual(expected);
    }
  });

  it('all rows are read without a range, those of a partition together', async () => {
    for (const name of ['many', 'keyed']) {
      const table = await tableNamed(cluster, keyspace, name);
      const read = { table, columns: allColumns(table) };
      const rows = await rowsOf(cluster.readRange({ ...read, range: wholeRing }));
      expect(await rowsOf(cluster.readAll({ ...read, pageSize: 7 }))).toEqual(rows);
    }
  });

  it('who reads all rows for their keys sees a partition of static values by its static columns', async () => {
    const table = await tableNamed(cluster, keyspace, 'keyed');
    const rows = await rowsOf(cluster.readAll({ table, columns: [...table.partitionKey, table.columns.get('s')!] }));
    expect(rows.map(({ values }) => `${values[1]}`)).toContain('only static');
  });

  it('a partition is read whole, under a clustering prefix, or as one row', async () => {
    await run(pool, `CREATE TABLE ${keyspace}.deep (p1 int, p2 text, a int, b int, PRIMARY KEY ((p1, p2), a, b))`);
    for (const [a, b] of [
      [1, 1],
      [1, 2],
      [2, 1],
    ])
      await run(pool, `INSERT INTO ${keyspace}.deep (p1, p2, a, b) VALUES (1, 'x', ${a}, ${b})`);
    const table = await tableNamed(cluster, keyspace, 'deep');
    const read = { table, columns: table.clustering, partitionKey: [int(1), text('x')] };
    const pairs = async (clustering: readonly Buffer[]) =>
      (await rowsOf(cluster.readPartition({ ...read, clustering }))).map((row) =>
        row.values.map((cell) => cell!.readInt32BE()),
      );
    expect(await pairs([])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    expect(await pairs([int(1)])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect(await pairs([int(1), int(2)])).toEqual([[1, 2]]);
    expect(await pairs([int(9)])).toEqual([]);
  });

  it('names are taken as they are written, whatever letters and quotes they hold', async () => {
    await run(
      pool,
      `CREATE TABLE ${keyspace}."OddName" ("Select" int PRIMARY KEY, "a ""b""" text)`,
      `INSERT INTO ${keyspace}."OddName" ("Select", "a ""b""") VALUES (1, 'x')`,
    );
    const table = await tableNamed(cluster, keyspace, 'OddName');
    const columns = allColumns(table);
    const rows = await rowsOf(
      cluster.readRange({ table, columns, writeTimeColumns: columns.slice(1), range: wholeRing }),
    );
    expect(`${rows[0]!.values[1]}`).toBe('x');
  });

  it('a schema is read with types, flags, default TTL and dropped columns', async () => {
    await run(
      pool,
      `CREATE TABLE ${keyspace}.rich (a int, b int, c timeuuid, s int static, gone text, v map<text, frozen<list<int>>>,
        PRIMARY KEY ((a, b), c)) WITH CLUSTERING ORDER BY (c DESC) AND default_time_to_live = 77`,
      `ALTER TABLE ${keyspace}.rich DROP gone`,
      `CREATE TABLE ${keyspace}.hits (id int PRIMARY KEY, n counter)`,
    );
    const table = await tableNamed(cluster, keyspace, 'rich');
    expect(table).toMatchObject({ defaultTtlSeconds: 77, isCounter: false, hasCdc: false });
    expect(table.partitionKey.map((column) => column.name)).toEqual(['a', 'b']);
    expect(table.clustering[0]).toMatchObject({ name: 'c', isReversed: true });
    expect(table.columns.get('s')?.kind).toBe('static');
    expect(isMulticell(table.columns.get('v')!.type)).toBe(true);
    const agoMs = Date.now() - Number(table.dropped.get('gone')!.droppedAtMicros! / 1000n);
    expect(Math.abs(agoMs)).toBeLessThan(60_000);
    expect((await tableNamed(cluster, keyspace, 'hits')).isCounter).toBe(true);
    expect(await cluster.schema('no_such_keyspace')).toEqual({
      tables: [],
      columns: [],
      types: [],
      droppedColumns: [],
    });
  });

  it('a table that is no more ends the read with a sentence for the operator', async () => {
    await run(pool, `CREATE TABLE ${keyspace}.doomed (id int PRIMARY KEY, v text)`);
    const table = await tableNamed(cluster, keyspace, 'doomed');
    await run(pool, `DROP TABLE ${keyspace}.doomed`);
    const reading = rowsOf(cluster.readRange({ table, columns: allColumns(table), range: wholeRing }));
    await expect(reading).rejects.toThrow(OperatorError);
    await expect(reading).rejects.toThrow(/to read .*doomed/);
  });

  it('a read whose signal has fired ends with its reason', async () => {
    const table = await tableNamed(cluster, keyspace, 'many');
    const reason = new Error('given up');
    const read = { table, columns: allColumns(table), range: wholeRing, signal: AbortSignal.abort(reason) };
    await expect(rowsOf(cluster.readRange(read))).rejects.toBe(reason);
  });
});
