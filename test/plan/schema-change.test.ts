import { describe, expect, test } from 'vitest';
import { type SchemaRows, tablesOf } from '../../src/model/schema.ts';
import { differenceText, tableDifferences, withoutColumns } from '../../src/model/table-difference.ts';
import { planSchemaChange } from '../../src/plan/schema-change.ts';
import { aTable } from '../support/a-table.ts';

const before = aTable({ regulars: { a: 'text', b: 'int' } });

/** A table with a column `home` of a user-defined type with these fields. */
function aTableWithType(fields: Readonly<Record<string, string>>, column = 'frozen<address>') {
  const keyspace = 'shop';
  const home = { keyspace, table: 'things', clusteringOrder: 'none', position: -1 };
  const rows: SchemaRows = {
    tables: [{ keyspace, table: 'things', id: '1', flags: [], cdc: false, defaultTtlSeconds: 0 }],
    columns: [
      { ...home, column: 'id', kind: 'partition_key', position: 0, type: 'int' },
      { ...home, column: 'home', kind: 'regular', type: column },
    ],
    types: [{ keyspace, type: 'address', fields: Object.keys(fields), fieldTypes: Object.values(fields) }],
    droppedColumns: [],
  };
  return tablesOf(rows)[0]!;
}

function changeOf(was: typeof before, is: typeof before | undefined) {
  return planSchemaChange(was, tableDifferences(was, is), 'moved');
}

describe('a table that is as it was', () => {
  test('has no differences, whatever its options say', () => {
    expect(tableDifferences(before, { ...before, hasCdc: true, defaultTtlSeconds: 60 })).toEqual([]);
  });

  test('nor one whose new columns are left out', () => {
    const wider = aTable({ regulars: { a: 'text', b: 'int', c: 'int' } });
    expect(tableDifferences(before, withoutColumns(wider, ['c']))).toEqual([]);
  });
});

describe('what the target can follow', () => {
  test('an added column', () => {
    const after = aTable({ regulars: { a: 'text', b: 'int', 'C"d': 'map<text, int>' }, statics: {} });
    expect(changeOf(before, after)).toEqual({
      differences: ['column C"d map<text, int> was added'],
      ddl: ['ALTER TABLE "moved"."things" ADD "C""d" map<text, int>'],
      cannot: undefined,
      choices: ['apply', 'ignore', 'stop'],
    });
  });

  test('an added static column of a new type, the type first', () => {
    const after = aTableWithType({ street: 'text' });
    const was = withoutColumns(after, ['home']);
    expect(changeOf(was, after).ddl).toEqual([
      'CREATE TYPE IF NOT EXISTS "moved"."address" ("street" text)',
      'ALTER TABLE "moved"."things" ADD "home" frozen<"address">',
    ]);
  });

  test.each(['address', 'frozen<address>', 'list<frozen<address>>'])('fields that a type of %s got', (column) => {
    const was = aTableWithType({ street: 'text' }, column);
    const after = aTableWithType({ street: 'text', town: 'text', no: 'int' }, column);
    expect(changeOf(was, after)).toEqual({
      differences: ['type address of column home got field town text, field no int'],
      ddl: ['ALTER TYPE "moved"."address" ADD "town" text', 'ALTER TYPE "moved"."address" ADD "no" int'],
      cannot: undefined,
      choices: ['apply', 'ignore', 'stop'],
    });
  });
});

describe('what no target can follow', () => {
  test.each([
    ['a dropped column', aTable({ regulars: { a: 'text' } }), 'column b was dropped'],
    ['a column of another type', aTable({ regulars: { a: 'text', b: 'text' } }), 'column b was int and is text'],
    [
      'a column that became static',
      aTable({ regulars: { a: 'text' }, statics: { b: 'int' } }),
      'column b was int and is int static',
    ],
  ])('%s can be ignored', (_, after, text) => {
    const change = changeOf(before, after);
    expect(change.differences).toEqual([text]);
    expect(change.cannot).toMatch(/no target/);
    expect(change.choices).toEqual(['ignore', 'stop']);
  });

  test('a renamed field is another type', () => {
    const [difference] = tableDifferences(aTableWithType({ street: 'text' }), aTableWithType({ road: 'text' }));
    expect(difference).toMatchObject({ kind: 'type-changed', column: 'home' });
  });

  test.each([
    ['gone', undefined, 'the table was dropped'],
    [
      'created again',
      aTable({ id: '9'.repeat(32), regulars: { a: 'text', b: 'int' } }),
      'the table was dropped and created again',
    ],
    [
      'another key',
      aTable({ partitionKey: { uid: 'int' }, regulars: { a: 'text', b: 'int' } }),
      'the primary key is another',
    ],
  ])('a table that is %s can only be stopped', (_, after, text) => {
    expect(tableDifferences(before, after).map(differenceText)).toEqual([text]);
    expect(changeOf(before, after)).toMatchObject({ ddl: [], choices: ['stop'] });
  });
});
