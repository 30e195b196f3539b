import { describe, expect, test } from 'vitest';
import { CqlSyntaxError } from '../../../../src/sandbox/keyspaces/cql/cql-syntax-error.ts';
import { parseStatement } from '../../../../src/sandbox/keyspaces/cql/parse-statement.ts';
import type { Batch, CreateTable, Select, Statement } from '../../../../src/sandbox/keyspaces/cql/statement.ts';

const select = (cql: string) => parseStatement(cql) as Select;

describe('SELECT', () => {
  test('names its table wherever it stands, and says where that is', () => {
    const cql = 'SELECT * FROM "My Ks" . t WHERE a = 1';
    const { table } = select(cql);
    expect(table).toMatchObject({ keyspace: 'My Ks', name: 't' });
    expect(cql.slice(table.start, table.end)).toBe('"My Ks" . t');
  });

  test('counts its bind markers in the order of the text, named ones too', () => {
    const { where, limit } = select('SELECT a FROM k.t WHERE a = ? AND b IN (?, :x) AND c > ? LIMIT ?');
    const markers = [...where.flatMap((relation) => relation.terms), limit].map(
      (term) => term?.kind === 'marker' && term.index,
    );
    expect(markers).toEqual([0, 1, 2, 3, 4]);
  });

  test('tells IN of a list from IN of one value, and where either stands', () => {
    const cql = 'SELECT a FROM t WHERE a IN (1, 2) AND b IN ?';
    const [list, one] = select(cql).where;
    expect([list!.isList, one!.isList]).toEqual([true, false]);
    expect([list!, one!].map(({ span }) => cql.slice(span.start, span.end))).toEqual(['IN (1, 2)', 'IN ?']);
  });

  test('reads token(), tuples and CONTAINS KEY as what they are', () => {
    const { where } = select(
      'SELECT a FROM t WHERE token(a, b) > ? AND (c, d) >= (1, 2) AND m CONTAINS KEY 3 ALLOW FILTERING',
    );
    expect(where.map(({ columns, isToken, isTuple, operator }) => [columns, isToken, isTuple, operator])).toEqual([
      [['a', 'b'], true, false, '>'],
      [['c', 'd'], false, true, '>='],
      [['m'], false, false, 'contains key'],
    ]);
  });

  test('finds the calls among its selectors', () => {
    const { selectors } = select('SELECT COUNT(*), writetime(v), CAST(a AS text) AS x, system.max(b), m[1] FROM t');
    const calls = selectors.map(({ term }) => (term.kind === 'call' ? term.name : term.kind));
    expect(calls).toEqual(['count', 'writetime', 'cast', 'system.max', 'compound']);
  });

  test('takes every clause that CQL has', () => {
    const cql =
      'SELECT DISTINCT a FROM t WHERE a = 1 GROUP BY a ORDER BY c DESC, d PER PARTITION LIMIT 1 LIMIT 2 ALLOW FILTERING';
    expect(select(cql)).toMatchObject({ isDistinct: true, groupBy: ['a'], allowFiltering: true });
    expect(select(cql).orderBy).toEqual([
      { column: 'c', isDescending: true },
      { column: 'd', isDescending: false },
    ]);
  });
});

describe('INSERT, UPDATE, DELETE', () => {
  test.each([
    ['INSERT INTO t (a) VALUES (1) USING TTL 5 AND TIMESTAMP 6', '6', '5'],
    ['UPDATE t USING TIMESTAMP 6 AND TTL 5 SET b = 1 WHERE a = 1', '6', '5'],
    ['DELETE FROM t USING TIMESTAMP 6 WHERE a = 1', '6', false],
  ])('%s carries its timestamp and TTL', (cql, timestamp, ttl) => {
    const { using } = parseStatement(cql) as Extract<Statement, { using: unknown }>;
    expect([using.timestamp, using.ttl].map((term) => term?.kind === 'literal' && term.text)).toEqual([timestamp, ttl]);
  });

  test.each([
    'INSERT INTO t (a) VALUES (1) IF NOT EXISTS',
    'UPDATE t SET b = 1 WHERE a = 1 IF EXISTS',
    "UPDATE t SET b = 1 WHERE a = 1 IF m['x'] = 2 AND c IN (1, 2)",
    'DELETE FROM t WHERE a = 1 IF b != null',
  ])('%s is conditional', (cql) => {
    expect(parseStatement(cql)).toMatchObject({ isConditional: true });
  });

  test.each([
    'UPDATE t SET c = c - 1 WHERE a = 1',
    'UPDATE t SET c = c -1 WHERE a = 1',
    "UPDATE t SET m['k'] = ?, l = [1] + l, u.f = 3, s += {1, 2} WHERE a = 1",
    'INSERT INTO t JSON \'{"a": 1}\' DEFAULT UNSET',
    'INSERT INTO t (a, b) VALUES (now(), {x: 1, y: (1, null)})',
    "DELETE m['k'], l[0], b FROM t WHERE a = 1 AND b > 2 AND (c, d) IN ((1, 2), (3, 4))",
    "INSERT INTO t (a, b, c) VALUES ('it''s', $$a 'b'$$, 0xCAFE)",
    'INSERT INTO t (a, b) VALUES (-1.5e-7, NaN) -- done\n;',
    'INSERT /* here */ INTO t (a) VALUES (123E4567-E89B-42D3-A456-426614174000)',
  ])('%s is read', (cql) => {
    expect(parseStatement(cql)).toMatchObject({ table: { name: 't' } });
  });
});

test('a batch knows its kind and its statements', () => {
  const batch = (cql: string) => parseStatement(cql) as Batch;
  expect(
    batch('BEGIN BATCH INSERT INTO t (a) VALUES (1); DELETE FROM t WHERE a = 2; APPLY BATCH;').statements,
  ).toHaveLength(2);
  expect(batch('BEGIN BATCH APPLY BATCH').batchKind).toBe('logged');
  expect(batch('BEGIN UNLOGGED BATCH USING TIMESTAMP 1 UPDATE t SET a = ? WHERE b = ? APPLY BATCH')).toMatchObject({
    batchKind: 'unlogged',
    using: { timestamp: { text: '1' } },
  });
});

describe('definitions', () => {
  test('a table keeps columns, key, order and options', () => {
    const table = parseStatement(
      `CREATE TABLE IF NOT EXISTS ks.t (a int, "B" frozen<map<text, list<int>>>, c ks.addr, s text STATIC, v vector<float, 3>,
       PRIMARY KEY ((a, "B"), c)) WITH CLUSTERING ORDER BY (c DESC) AND default_time_to_live = 5
       AND CUSTOM_PROPERTIES = {'ttl': {'status': 'enabled'}, 'capacity_mode': {'read_capacity_units': 10}} AND cdc = TRUE`,
    ) as CreateTable;
    expect(table.columns.map(({ name, type, isStatic }) => [name, type, isStatic])).toEqual([
      ['a', 'int', false],
      ['B', 'frozen<map<text, list<int>>>', false],
      ['c', 'addr', false],
      ['s', 'text', true],
      ['v', 'vector<float, 3>', false],
    ]);
    expect([table.partitionKey, table.clusteringKey]).toEqual([['a', 'B'], ['c']]);
    expect(table.clusteringOrder).toEqual([{ column: 'c', isDescending: true }]);
    expect(table.options).toEqual({
      default_time_to_live: '5',
      custom_properties: { ttl: { status: 'enabled' }, capacity_mode: { read_capacity_units: '10' } },
      cdc: 'true',
    });
  });

  test.each([
    [
      "CREATE KEYSPACE k WITH REPLICATION = {'class': 'SingleRegionStrategy'} AND durable_writes = true",
      'create keyspace',
    ],
    ["ALTER KEYSPACE k WITH TAGS = {'a': 'b'}", 'alter keyspace'],
    ['DROP KEYSPACE IF EXISTS k', 'drop keyspace'],
    ['CREATE TABLE t (a int PRIMARY KEY)', 'create table'],
    ['ALTER TABLE t ADD (b int, c text)', 'alter table'],
    ['ALTER TABLE t DROP b', 'alter table'],
    ["ALTER TABLE t ADD TAGS {'a': 'b'}", 'alter table'],
    ['DROP TABLE t', 'drop table'],
    ["RESTORE TABLE t FROM TABLE k.s WITH restore_timestamp = '2026-11-20T00:00:00Z'", 'restore table'],
    ['CREATE TYPE k.a (street text, number int)', 'create type'],
    ['DROP TYPE a', 'drop type'],
    ['USE "K"', 'use'],
  ])('%s is %s', (cql, kind) => {
    expect(parseStatement(cql).kind).toBe(kind);
  });

  test.each([
    ['TRUNCATE TABLE t', 'TruncateStatement'],
    ['CREATE INDEX ON t (a)', 'CreateIndexStatement'],
    ['CREATE MATERIALIZED VIEW v AS SELECT * FROM t', 'CreateViewStatement'],
    [
      "CREATE OR REPLACE FUNCTION f (a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS 'return 1;'",
      'CreateFunctionStatement',
    ],
    ['ALTER TYPE a ADD b int', 'AlterTypeStatement'],
    ['GRANT SELECT ON t TO x', 'GrantPermissionsStatement'],
    ["CREATE ROLE r WITH PASSWORD = 'x'", 'CreateRoleStatement'],
  ])('%s is known as unsupported', (cql, javaClass) => {
    expect(parseStatement(cql)).toEqual({ kind: 'unsupported', javaClass });
  });
});

describe('what is no CQL', () => {
  test.each([
    '',
    'SELEC 1',
    'SELECT FROM t',
    "INSERT INTO t (a) VALUES ('open",
    'DELETE FROM t',
    'SELECT a FROM t;;',
    'USE a b',
    '€',
  ])('%j is refused as such', (cql) => {
    expect(() => parseStatement(cql)).toThrow(CqlSyntaxError);
  });

  test('a statement cut off anywhere is refused or read, never anything else', () => {
    const whole = `BEGIN BATCH INSERT INTO k.t (a, "b") VALUES (?, {'x': [1, -2]}) IF NOT EXISTS USING TTL 3;
      UPDATE t SET c = c + 1, m['x'] = :y WHERE a IN (1, 2) AND (b, c) > (1, $$z$$) IF d = 0xff; APPLY BATCH`;
    for (let length = 0; length < whole.length; length++) {
      try {
        parseStatement(whole.slice(0, length));
      } catch (error) {
        expect(error, whole.slice(0, length)).toBeInstanceOf(CqlSyntaxError);
      }
    }
  });
});
