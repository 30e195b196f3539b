import { describe, expect, test } from 'vitest';
import { statementsOfUpdate } from '../../src/apply/statements-of-update.ts';
import type { PartitionUpdate } from '../../src/model/mutation.ts';
import { tablesOf } from '../../src/model/schema.ts';
import { aTable, int, text } from '../support/a-table.ts';
import { aCell, aColumnDeletion, anUpdate, aRow, at } from '../support/an-update.ts';
import { shownStatement } from './shown-statement.ts';

const nowSeconds = 1000;
const table = aTable({
  name: 't',
  clustering: { c: 'int' },
  statics: { st: 'text' },
  regulars: { a: 'text', b: 'text', s: 'set<text>', m: 'map<text, text>', l: 'list<text>' },
});
const where = 'WHERE "id" = 1 AND "c" = 2';
const clustering = [int(2)];

function shown(parts: Partial<PartitionUpdate>, of = table): readonly string[] {
  return statementsOfUpdate(anUpdate(of, parts), { keyspace: 'moved', nowSeconds }).map(shownStatement);
}

const row = (parts: Parameters<typeof aRow>[0]) => ({ rows: [aRow({ clustering, ...parts })] });
const until = (expiresAtSeconds: number, ttlSeconds = 60) => ({ ttlSeconds, expiresAtSeconds });
const path = (value: string) => ({ path: text(value) });

describe('cells and markers', () => {
  test('a marker and the cells of its time are one INSERT', () => {
    const change = row({
      marker: { timestampMicros: 7n },
      cells: [aCell(table, 'a', text('x'), 7n), aCell(table, 'b', undefined, 7n)],
    });
    expect(shown(change)).toEqual([
      'INSERT INTO "moved"."t" ("id", "c", "a", "b") VALUES (1, 2, x, null) USING TIMESTAMP 7 AND TTL 0',
    ]);
  });

  test('cells of one time and expiry share a statement, others have their own', () => {
    const change = row({
      marker: { timestampMicros: 7n },
      cells: [
        aCell(table, 'a', text('x'), 8n),
        aCell(table, 'b', text('y'), 8n),
        aCell(table, 's', Buffer.alloc(0), 8n, { ...path('e'), expiry: until(1060) }),
      ],
    });
    expect(shown(change)).toEqual([
      'INSERT INTO "moved"."t" ("id", "c") VALUES (1, 2) USING TIMESTAMP 7 AND TTL 0',
      `UPDATE "moved"."t" USING TIMESTAMP 8 AND TTL 0 SET "a" = x, "b" = y ${where}`,
      `UPDATE "moved"."t" USING TIMESTAMP 8 AND TTL 60 SET "s" = "s" + 0x000000010000000165 ${where}`,
    ]);
  });

  test('a marker of another expiry than its cells goes alone', () => {
    const change = row({
      marker: { timestampMicros: 7n, expiry: until(1100) },
      cells: [aCell(table, 'a', text('x'), 7n)],
    });
    expect(shown(change)).toEqual([
      'INSERT INTO "moved"."t" ("id", "c") VALUES (1, 2) USING TIMESTAMP 7 AND TTL 100',
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "a" = x ${where}`,
    ]);
  });

  test('an expired cell is a deleted one, and an expired marker is written to end at once', () => {
    const expired = until(1000);
    const change = row({
      marker: { timestampMicros: 7n, expiry: expired },
      cells: [aCell(table, 'a', text('x'), 7n, { expiry: expired })],
    });
    expect(shown(change)).toEqual([
      'INSERT INTO "moved"."t" ("id", "c") VALUES (1, 2) USING TIMESTAMP 7 AND TTL 1',
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "a" = null ${where}`,
    ]);
  });

  test('a static row is named by its partition key alone', () => {
    expect(shown({ staticRow: aRow({ cells: [aCell(table, 'st', text('x'), 7n)] }) })).toEqual([
      'UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "st" = x WHERE "id" = 1',
    ]);
  });

  test('an empty value is a value', () => {
    expect(shown(row({ cells: [aCell(table, 'a', Buffer.alloc(0), 7n)] }))).toEqual([
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "a" = 0x ${where}`,
    ]);
  });
});

describe('collections', () => {
  test('a deletion one microsecond before all cells is an overwrite of the whole', () => {
    const change = row({
      columnDeletions: [aColumnDeletion(table, 's', 6n)],
      cells: [aCell(table, 's', Buffer.alloc(0), 7n, path('e')), aCell(table, 's', Buffer.alloc(0), 7n, path('f'))],
    });
    expect(shown(change)).toEqual([
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "s" = 0x0000000200000001650000000166 ${where}`,
    ]);
  });

  test.each([
    ['another time', { timestampMicros: 9n }],
    ['another expiry', { expiry: until(2000) }],
    ['an end that has come', { expiry: until(900) }],
  ])('an overwrite with a cell of %s is a deletion and its cells', (_, odd) => {
    const change = row({
      columnDeletions: [aColumnDeletion(table, 'm', 6n)],
      cells: [aCell(table, 'm', text('x'), 7n, path('k')), { ...aCell(table, 'm', text('y'), 7n, path('n')), ...odd }],
    });
    const statements = shown(change);
    expect(statements).toHaveLength(3);
    expect(statements[0]).toBe(`DELETE "m" FROM "moved"."t" USING TIMESTAMP 6 ${where}`);
  });

  test('elements added and removed at one time are two operations, so two statements', () => {
    const change = row({
      cells: [
        aCell(table, 'm', text('x'), 7n, path('k')),
        aCell(table, 'm', undefined, 7n, path('n')),
        aCell(table, 'a', text('y'), 7n),
      ],
    });
    expect(shown(change)).toEqual([
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "m" = "m" + 0x0000000100000001${'6b'}0000000178, "a" = y ${where}`,
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "m" = "m" - 0x00000001000000016e ${where}`,
    ]);
  });

  test('elements beside an INSERT of their time follow it as an UPDATE', () => {
    const change = row({
      marker: { timestampMicros: 7n },
      cells: [aCell(table, 'a', text('x'), 7n), aCell(table, 's', Buffer.alloc(0), 7n, path('e'))],
    });
    expect(shown(change).map((statement) => statement.slice(0, 6))).toEqual(['INSERT', 'UPDATE']);
  });

  test('a non-frozen list is left to be read again', () => {
    const change = row({
      columnDeletions: [aColumnDeletion(table, 'l', 6n)],
      cells: [aCell(table, 'l', text('x'), 7n, { path: Buffer.alloc(16) })],
    });
    expect(shown(change)).toEqual([]);
  });

  test('fields of a user-defined type are set one by one, and a whole overwrite leaves out what is null', () => {
    const home = tableWithType();
    const field = (index: number) => ({ path: Buffer.from([0, index]) });
    const byField = [aCell(home, 'home', text('high'), 7n, field(0)), aCell(home, 'home', undefined, 7n, field(1))];
    const whole = {
      columnDeletions: [aColumnDeletion(home, 'home', 6n)],
      cells: [aCell(home, 'home', text('x'), 7n, field(1))],
    };
    expect(shown({ rows: [aRow({ cells: byField })] }, home)).toEqual([
      'UPDATE "moved"."people" USING TIMESTAMP 7 AND TTL 0 SET "home"."street" = high, "home"."town" = null WHERE "id" = 1',
    ]);
    expect(shown({ rows: [aRow(whole)] }, home)).toEqual([
      'UPDATE "moved"."people" USING TIMESTAMP 7 AND TTL 0 SET "home" = 0xffffffff0000000178 WHERE "id" = 1',
    ]);
  });
});

describe('deletions', () => {
  test('a row deletion and what is younger than it', () => {
    const change = row({
      deletion: at(7n),
      marker: { timestampMicros: 7n },
      cells: [aCell(table, 'a', text('x'), 7n), aCell(table, 'b', text('y'), 8n)],
    });
    expect(shown(change)).toEqual([
      `DELETE FROM "moved"."t" USING TIMESTAMP 7 ${where}`,
      `UPDATE "moved"."t" USING TIMESTAMP 8 AND TTL 0 SET "b" = y ${where}`,
    ]);
  });

  test('a partition deletion hides what is not younger in rows and statics', () => {
    const cells = [aCell(table, 'a', text('x'), 7n)];
    const staticRow = aRow({ cells: [aCell(table, 'st', text('x'), 7n)] });
    expect(shown({ partitionDeletion: at(7n), staticRow, ...row({ cells }) })).toEqual([]);
    expect(shown({ partitionDeletion: at(6n), staticRow, ...row({ cells }) })).toHaveLength(2);
  });

  test('a column deletion hides older elements of its own column only', () => {
    const change = row({
      columnDeletions: [aColumnDeletion(table, 'm', 7n)],
      cells: [aCell(table, 'm', text('x'), 7n, path('k')), aCell(table, 's', Buffer.alloc(0), 7n, path('e'))],
    });
    expect(shown(change)).toEqual([
      `DELETE "m" FROM "moved"."t" USING TIMESTAMP 7 ${where}`,
      `UPDATE "moved"."t" USING TIMESTAMP 7 AND TTL 0 SET "s" = "s" + 0x000000010000000165 ${where}`,
    ]);
  });
});

function tableWithType() {
  const [people] = tablesOf({
    tables: [{ keyspace: 'shop', table: 'people', id: '2'.repeat(32), flags: [], cdc: false, defaultTtlSeconds: 0 }],
    columns: [
      {
        keyspace: 'shop',
        table: 'people',
        column: 'id',
        kind: 'partition_key',
        position: 0,
        clusteringOrder: 'none',
        type: 'int',
      },
      {
        keyspace: 'shop',
        table: 'people',
        column: 'home',
        kind: 'regular',
        position: -1,
        clusteringOrder: 'none',
        type: 'address',
      },
    ],
    types: [{ keyspace: 'shop', type: 'address', fields: ['street', 'town'], fieldTypes: ['text', 'text'] }],
    droppedColumns: [],
  });
  return people!;
}
