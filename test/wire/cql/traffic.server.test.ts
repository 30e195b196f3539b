import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectCql } from '../../../src/wire/cql/connect-cql.ts';
import type { CqlConnection, CqlRows } from '../../../src/wire/cql/cql-connection.ts';
import type { CqlPool } from '../../../src/wire/cql/cql-pool.ts';
import { CqlServerError } from '../../../src/wire/cql/errors.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';

const keyspace = `wire_cql_traffic_${process.pid}`;
const quorum = { consistency: 'LOCAL_QUORUM' } as const;
let connection: CqlConnection;
let pool: CqlPool;

beforeAll(async () => {
  const { address: host, cqlPort: port } = inject('sandbox').source[0]!;
  connection = await connectCql({ host, port, requestTimeoutMs: 20_000 });
  const limits = { connectionsPerHost: 2, maxInFlightPerConnection: 256, requestTimeoutMs: 20_000 };
  pool = openCqlPool({ contactPoints: [{ host, port }], ...limits });
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await ask(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await ask(`CREATE TABLE ${keyspace}.rows (p int, c int, v text, PRIMARY KEY (p, c))`);
});

afterAll(async () => {
  await pool.close();
  await ask(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  connection.close();
});

describe('traffic', () => {
  test('ten thousand writes at once all arrive, through pages of any size', async () => {
    const insert = `INSERT INTO ${keyspace}.rows (p, c, v) VALUES (?, ?, ?)`;
    const { signal } = new AbortController();
    const writes = Array.from({ length: 10_000 }, (_, i) => {
      return pool.execute(insert, [int(i % 100), int(i), Buffer.from(`value ${i}`)], { ...quorum, signal });
    });
    await Promise.all(writes);
    for (const pageSize of [997, 5_000, 20_000]) {
      const values = new Set<string>();
      let rows = 0;
      for await (const page of pages(`SELECT v FROM ${keyspace}.rows`, pageSize)) {
        expect(page.rows.length).toBeLessThanOrEqual(pageSize);
        rows += page.rows.length;
        for (const [cell] of page.rows) values.add(String(cell));
      }
      expect([rows, values.size]).toEqual([10_000, 10_000]);
    }
  });

  test('answers larger than many reads from the socket arrive whole', async () => {
    const value = Buffer.alloc(300_000, 'x');
    for (let c = 0; c < 20; c++) {
      await pool.execute(`INSERT INTO ${keyspace}.rows (p, c, v) VALUES (?, ?, ?)`, [int(-1), int(c), value], quorum);
    }
    const { rows } = await pool.query(`SELECT v FROM ${keyspace}.rows WHERE p = -1`, quorum);
    expect(rows.map(([cell]) => cell!.equals(value))).toEqual(Array(20).fill(true));
  });

  test('batches of prepared statements through the pool arrive whole', async () => {
    const statement = `INSERT INTO ${keyspace}.rows (p, c, v) VALUES (?, ?, ?)`;
    const writes = Array.from({ length: 200 }, (_, b) => {
      const batch = Array.from({ length: 16 }, (_, i) => ({ statement, values: [int(-2), int(16 * b + i), null] }));
      return pool.batch('unlogged', batch, { ...quorum, timestampMicros: 7_000n });
    });
    await Promise.all(writes);
    const { rows } = await pool.query(`SELECT c FROM ${keyspace}.rows WHERE p = -2`, quorum);
    expect(rows.map(([c]) => c!.readInt32BE())).toEqual(Array.from({ length: 3_200 }, (_, i) => i));
  });

  test('a statement survives a change of its table, and its new columns are seen', async () => {
    await ask(`CREATE TABLE ${keyspace}.changing (k int PRIMARY KEY, a text)`);
    await ask(`INSERT INTO ${keyspace}.changing (k, a) VALUES (1, 'a')`);
    const select = await connection.prepare(`SELECT * FROM ${keyspace}.changing`);
    const names = ({ columns }: CqlRows) => columns.map((column) => column.name);
    expect(names(await connection.execute(select, [], quorum))).toEqual(['k', 'a']);
    await ask(`ALTER TABLE ${keyspace}.changing ADD b text`);
    await ask(`INSERT INTO ${keyspace}.changing (k, b) VALUES (1, 'b')`);
    const after = await connection.execute(select, [], quorum);
    expect(names(after)).toEqual(['k', 'a', 'b']);
    expect(after.rows).toEqual([[int(1), Buffer.from('a'), Buffer.from('b')]]);
  });

  test('errors carry the server’s code', async () => {
    const failure = await ask(`SELECT * FROM ${keyspace}.nowhere`).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CqlServerError);
    expect(failure).toMatchObject({ codeName: 'INVALID', code: 0x2200 });
    const exists = ask(`CREATE TABLE ${keyspace}.rows (p int PRIMARY KEY)`);
    await expect(exists).rejects.toMatchObject({ codeName: 'ALREADY_EXISTS', details: { keyspace, table: 'rows' } });
    const badValue = pool.execute(`SELECT v FROM ${keyspace}.rows WHERE p = ?`, [Buffer.alloc(3)], quorum);
    await expect(badValue).rejects.toMatchObject({ codeName: 'INVALID' });
    const unavailable = connection.query(`SELECT v FROM ${keyspace}.rows WHERE p = 1`, { consistency: 'THREE' });
    await expect(unavailable).rejects.toMatchObject({
      codeName: 'UNAVAILABLE',
      details: { consistency: 'THREE', required: 3, alive: 1 },
    });
  });
});

async function* pages(cql: string, pageSize: number): AsyncGenerator<CqlRows> {
  let pagingState: Buffer | null = null;
  do {
    const page: CqlRows = await pool.execute(cql, [], { ...quorum, pageSize, pagingState });
    yield page;
    pagingState = page.pagingState;
  } while (pagingState);
}

function ask(cql: string) {
  return connection.query(cql, quorum);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
