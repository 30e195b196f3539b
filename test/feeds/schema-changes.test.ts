import { describe, expect, it } from 'vitest';
import { SchemaHistory } from '../../src/feeds/schema-history.ts';
import { systemTables } from '../../src/feeds/system-tables.ts';
import type { Mutation } from '../../src/model/mutation.ts';
import type { SchemaRows } from '../../src/model/schema.ts';
import { systemTableId } from '../../src/wire/commitlog/system-table-ids.ts';
import * as build from '../wire/commitlog/mutation-builder.ts';
import { loadRecording, recordings, tablesById } from '../wire/commitlog/recorded-segment.ts';
import {
  addColumn,
  createTable,
  createType,
  deleteColumnRange,
  deleteColumns,
  dropKeyspace,
  dropTable,
} from './schema-change-records.ts';

const first = '11111111111111111111111111111111';
const second = '22222222222222222222222222222222';
const noRows: SchemaRows = { tables: [], columns: [], types: [], droppedColumns: [] };

function historyOf(...mutations: readonly Mutation[]): SchemaHistory {
  const history = new SchemaHistory(noRows, 0n);
  for (const mutation of mutations) history.apply(mutation);
  return history;
}

/** What a read of the schema would show after these changes. */
function rowsAfter(...mutations: readonly Mutation[]): SchemaRows {
  return historyOf(...mutations).rows();
}

describe('a table that is dropped and created again', () => {
  const changes = [
    createTable('t', first, 100n, { v: 'int' }),
    dropTable('t', ['p', 'v'], 200n),
    createTable('t', second, 300n, { v: 'text' }),
  ];

  it('is known under both ids, each with its own columns', () => {
    const history = historyOf(...changes);
    expect(history.tableById(first)!.columns.get('v')!.type.name).toBe('int');
    expect(history.tableById(second)!.columns.get('v')!.type.name).toBe('text');
    expect(history.liveTable('ks', 't')!.id).toBe(second);
  });

  it('is reported as created, dropped and created', () => {
    const history = new SchemaHistory(noRows, 0n);
    const reported = changes.flatMap((mutation) => history.apply(mutation).changes);
    expect(reported.map(({ what, tableId }) => [what, tableId])).toEqual([
      ['created', first],
      ['dropped', first],
      ['created', second],
    ]);
  });

  it('is not brought back by a late copy of its first creation', () => {
    const history = historyOf(...changes);
    expect(history.apply(changes[0]!).changes).toEqual([]);
    expect(history.liveTable('ks', 't')!.id).toBe(second);
  });

  it('is learned from the backlog when the schema was read after all of it', () => {
    const history = new SchemaHistory(rowsAfter(...changes), 400n);
    expect(history.tableById(first)).toBeUndefined();
    for (const mutation of changes) expect(history.apply(mutation).changes).toEqual([]);
    expect(history.tableById(first)!.columns.get('v')!.type.name).toBe('int');
    expect(history.tableById(second)!.columns.get('v')!.type.name).toBe('text');
  });
});

describe('the schema history', () => {
  it('keeps a column of a dropped table that was added after its creation', () => {
    const history = new SchemaHistory(noRows, 400n);
    const altered = addColumn('t', first, 'late', 'text', 150n);
    for (const mutation of [createTable('t', first, 100n), altered, dropTable('t', ['p', 'late'], 200n)])
      history.apply(mutation);
    expect(history.tableById(first)!.columns.has('late')).toBe(true);
    expect(history.liveTable('ks', 't')).toBeUndefined();
  });

  it('keeps a column decodable that was deleted without a note of its drop, as in DROP COMPACT STORAGE', () => {
    const history = historyOf(createTable('t', first, 100n, { v: 'int', w: 'int' }));
    const { changes } = history.apply(deleteColumns('t', ['w'], 200n));
    expect(changes.map((change) => change.what)).toEqual(['altered']);
    expect(history.liveTable('ks', 't')!.columns.has('w')).toBe(false);
    expect(history.tableById(first)!.dropped.get('w')!.type.name).toBe('int');
  });

  it('lets a deletion win over a write of the same instant, as Cassandra does', () => {
    const history = historyOf(createTable('t', first, 100n, { v: 'int' }), deleteColumns('t', ['v'], 100n));
    expect(history.liveTable('ks', 't')!.columns.has('v')).toBe(false);
  });

  it('takes the deletion of all rows under one name, and asks for a reload at any other range', () => {
    const history = historyOf(createTable('t', first, 100n, { v: 'int' }));
    expect(history.apply(deleteColumnRange('t', 't', 150n)).needsReload).toBeUndefined();
    expect(history.rows().columns).toEqual([]);
    expect(history.apply(deleteColumnRange('t', 'u', 160n)).needsReload).toContain('range deletion');
  });

  it('decodes a table of the backlog with a type that only the read of the schema showed', () => {
    const type = createType('address', { street: 'text' }, 50n);
    const history = new SchemaHistory(rowsAfter(type, createTable('other', second, 60n)), 400n);
    history.apply(createTable('t', first, 100n, { home: 'address' }));
    expect(history.tableById(first)!.columns.get('home')!.type.udt!.fields).toEqual(['street']);
    expect(history.liveTable('ks', 't')).toBeUndefined();
  });

  it('reports all tables of a dropped keyspace as dropped', () => {
    const history = historyOf(createTable('a', first, 100n), createTable('b', second, 110n));
    const { changes } = history.apply(dropKeyspace(200n));
    expect(changes.map(({ what, table }) => [what, table])).toEqual([
      ['dropped', 'a'],
      ['dropped', 'b'],
    ]);
  });

  it('reports a table as altered when a user-defined type of its columns is', () => {
    const history = historyOf(
      createType('address', { street: 'text' }, 50n),
      createTable('t', first, 100n, { home: 'address' }),
    );
    const { changes } = history.apply(createType('address', { street: 'text', zip: 'int' }, 200n));
    expect(changes.map((change) => change.what)).toEqual(['altered']);
    expect(history.tableById(first)!.columns.get('home')!.type.udt!.fields).toEqual(['street', 'zip']);
  });

  it('asks for a reload when a table uses a type that it has not seen, and is whole after it', () => {
    const type = createType('address', { street: 'text' }, 50n);
    const table = createTable('t', first, 100n, { home: 'address' });
    const history = new SchemaHistory(noRows, 0n);
    expect(history.apply(table).needsReload).toContain('address');
    const { changes, needsReload } = history.reload(rowsAfter(type, table), 300n);
    expect(needsReload).toBeUndefined();
    expect(changes.map((change) => change.what)).toEqual(['created']);
    expect(history.tableById(first)!.columns.has('home')).toBe(true);
  });

  it('asks for a reload when a newer release writes a column of system_schema that it does not know', () => {
    const history = new SchemaHistory(noRows, 0n);
    const body = build.mutation(
      build.partitionUpdate({
        tableId: systemTableId('system_schema', 'tables'),
        partitionKey: Buffer.from('ks'),
        columns: ['cdc', 'quantum_mode'],
        items: [],
      }),
    );
    expect(history.applyRecord(body, 8)).toEqual({
      changes: [],
      truncations: [],
      needsReload: expect.stringContaining('quantum_mode'),
    });
  });

  it('takes a reload for the whole truth about its keyspaces, except what was written after it', () => {
    const gone = createTable('gone', first, 100n);
    const kept = createTable('kept', second, 110n);
    const history = historyOf(gone, kept);
    const newer = createTable('newer', '33333333333333333333333333333333', 300n);
    history.apply(newer);
    const { changes } = history.reload(rowsAfter(kept), 200n);
    expect(changes.map(({ what, table }) => [what, table])).toEqual([['dropped', 'gone']]);
    expect(history.liveTable('ks', 'newer')).toBeDefined();
    expect(history.tableById(first)).toBeDefined();
  });

  it('changes nothing for records of other tables', () => {
    const history = historyOf(createTable('t', first, 100n));
    const table = history.tableById(first)!;
    const mutation: Mutation = { updates: [{ table, partitionKey: Buffer.alloc(4), rangeDeletions: [], rows: [] }] };
    expect(history.apply(mutation)).toEqual({ changes: [], truncations: [] });
  });
});

describe('the definitions of the system tables', () => {
  it.each(recordings)('hold every column, of the same type, that the node of %s reports', (name) => {
    const reported = tablesById(loadRecording(name).schema);
    for (const table of systemTables()) {
      const other = reported.get(table.id);
      // 4.0 and 4.1 have no column_masks.
      if (!other) {
        expect(table.name).toBe('column_masks');
        continue;
      }
      expect(table.partitionKey).toEqual(other.partitionKey);
      expect(table.clustering).toEqual(other.clustering);
      for (const [column, definition] of other.columns) expect(table.columns.get(column)).toEqual(definition);
    }
  });
});
