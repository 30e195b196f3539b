import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectCql } from '../../../src/wire/cql/connect-cql.ts';
import type { CqlConnection } from '../../../src/wire/cql/cql-connection.ts';
import { unset } from '../../../src/wire/cql/value.ts';

const keyspace = `wire_cql_types_${process.pid}`;
const quorum = { consistency: 'LOCAL_QUORUM' } as const;
/** Every type of CQL, with a value as an operator would write it. */
const typed = [
  ['ascii', "'plain'"],
  ['bigint', '-9223372036854775808'],
  ['blob', '0x00ff10'],
  ['boolean', 'true'],
  ['date', "'1969-12-31'"],
  ['decimal', '-1234567890123456789012345678.90'],
  ['double', '-0.1'],
  ['duration', '1y2mo3d4h5m6s7ms8us9ns'],
  ['float', '3.5'],
  ['inet', "'2001:db8::1'"],
  ['int', '-2147483648'],
  ['smallint', '-32768'],
  ['text', "'täxt €'"],
  ['time', "'23:59:59.999999999'"],
  ['timestamp', "'1969-12-31T23:59:59.999Z'"],
  ['timeuuid', 'd2177dd0-eaa2-11de-a572-001b779c76e3'],
  ['tinyint', '-128'],
  ['uuid', '123e4567-e89b-42d3-a456-426614174000'],
  ['varint', '-170141183460469231731687303715884105729'],
  ['list<int>', '[1, 2, 1]'],
  ['set<text>', "{'b', 'a'}"],
  ['map<text, frozen<list<bigint>>>', "{'k': [1, 2], 'l': []}"],
  ['frozen<set<uuid>>', '{123e4567-e89b-42d3-a456-426614174000}'],
  ['tuple<int, text, double>', '(1, null, 2.5)'],
  [`frozen<${keyspace}.place>`, "{street: 'High', number: null}"],
  [`${keyspace}.place`, "{street: 'Low', number: 7}"],
  ['vector<float, 3>', '[1.5, -2, 0]'],
  ['text', "''"],
] as const;
let connection: CqlConnection;

beforeAll(async () => {
  const { address, cqlPort } = inject('sandbox').source[0]!;
  connection = await connectCql({ host: address, port: cqlPort, requestTimeoutMs: 20_000 });
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await ask(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await ask(`CREATE TYPE ${keyspace}.place (street text, number int)`);
  await ask(`CREATE TABLE ${keyspace}.plain (k int PRIMARY KEY, a text, b text)`);
  await ask(`CREATE TABLE ${keyspace}.counted (k int PRIMARY KEY, v counter)`);
  const columns = typed.map(([type], column) => `v${column} ${type}`);
  await ask(`CREATE TABLE ${keyspace}.typed (k int PRIMARY KEY, ${columns.join(', ')})`);
});

afterAll(async () => {
  await ask(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  connection.close();
});

describe('values', () => {
  test.each(typed.map(([type, literal], column) => [type, literal, column]))(
    'of type %s, written by the server as %s, go back in unchanged',
    async (_type, literal, column) => {
      const v = `v${column}`;
      await ask(`INSERT INTO ${keyspace}.typed (k, ${v}) VALUES (1, ${literal})`);
      const before = (await ask(`SELECT ${v} FROM ${keyspace}.typed WHERE k = 1`)).rows[0]![0]!;
      const insert = await connection.prepare(`INSERT INTO ${keyspace}.typed (k, ${v}) VALUES (?, ?)`);
      await connection.execute(insert, [int(2), before], quorum);
      const after = (await ask(`SELECT ${v} FROM ${keyspace}.typed WHERE k = 2`)).rows[0]![0]!;
      expect(after.equals(before)).toBe(true);
      // The server itself must read both as the same value, not only send the same bytes.
      const { rows } = await ask(`SELECT toJson(${v}) FROM ${keyspace}.typed WHERE k IN (1, 2)`);
      expect(String(rows[0]![0])).toBe(String(rows[1]![0]));
    },
  );

  test('of a counter are added', async () => {
    const add = await connection.prepare(`UPDATE ${keyspace}.counted SET v = v + ? WHERE k = ?`);
    for (let i = 0; i < 3; i++) await connection.execute(add, [long(-7n), int(1)], quorum);
    expect((await ask(`SELECT v FROM ${keyspace}.counted`)).rows).toEqual([[long(-21n)]]);
  });

  test('that are unset stay as they are, while null deletes', async () => {
    const insert = await connection.prepare(`INSERT INTO ${keyspace}.plain (k, a, b) VALUES (?, ?, ?)`);
    await connection.execute(insert, [int(1), Buffer.from('a'), Buffer.from('b')], quorum);
    await connection.execute(insert, [int(1), unset, null], quorum);
    expect((await ask(`SELECT a, b FROM ${keyspace}.plain WHERE k = 1`)).rows).toEqual([[Buffer.from('a'), null]]);
  });
});

describe('write timestamps', () => {
  test('are bound by USING TIMESTAMP ?, come from the request where that is unset, and from the server otherwise', async () => {
    const cql = `INSERT INTO ${keyspace}.plain (k, a) VALUES (?, ?) USING TIMESTAMP ?`;
    const insert = await connection.prepare(cql);
    const a = Buffer.from('a');
    await connection.execute(insert, [int(10), a, long(1_000n)], { ...quorum, timestampMicros: 2_000n });
    await connection.execute(insert, [int(11), a, unset], { ...quorum, timestampMicros: 2_000n });
    await connection.execute(insert, [int(12), a, unset], quorum);
    const stamps = [await writeTimeOf(10), await writeTimeOf(11), await writeTimeOf(12)];
    expect(stamps.slice(0, 2)).toEqual([1_000n, 2_000n]);
    expect(Math.abs(Number(stamps[2]) / 1000 - Date.now())).toBeLessThan(60_000);
  });

  test('of a batch hold for all its statements', async () => {
    const insert = await connection.prepare(`INSERT INTO ${keyspace}.plain (k, a) VALUES (?, ?)`);
    const batch = [20, 21, 22].map((k) => ({ statement: insert, values: [int(k), Buffer.from('batch')] }));
    const text = { statement: `INSERT INTO ${keyspace}.plain (k, a) VALUES (23, 'text')`, values: [] };
    for (const kind of ['unlogged', 'logged'] as const) {
      const timestampMicros = kind === 'logged' ? 6_000n : 5_000n;
      await connection.batch(kind, [...batch, text], { ...quorum, timestampMicros });
      const stamps = await Promise.all([20, 21, 22, 23].map(writeTimeOf));
      expect(stamps).toEqual(Array(4).fill(timestampMicros));
    }
  });
});

describe('conditional writes', () => {
  test('answer whether they were applied', async () => {
    const insert = await connection.prepare(`INSERT INTO ${keyspace}.plain (k, a) VALUES (30, 'x') IF NOT EXISTS`);
    const options = { ...quorum, serialConsistency: 'LOCAL_SERIAL' } as const;
    const applied = await connection.execute(insert, [], options);
    const refused = await connection.execute(insert, [], options);
    expect([applied, refused].map(({ rows }) => rows[0]![0])).toEqual([Buffer.from([1]), Buffer.from([0])]);
    expect(refused.columns.map((column) => column.name)).toEqual(['[applied]', 'k', 'a', 'b']);
  });
});

async function writeTimeOf(k: number): Promise<bigint> {
  const { rows } = await ask(`SELECT writetime(a) FROM ${keyspace}.plain WHERE k = ${k}`);
  return rows[0]![0]!.readBigInt64BE();
}

function ask(cql: string) {
  return connection.query(cql, quorum);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
