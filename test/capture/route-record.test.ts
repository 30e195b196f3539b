import { expect, test } from 'vitest';
import { recordRouter } from '../../src/capture/route-record.ts';
import { tokenOf, topicPartitionOf } from '../../src/model/token.ts';
import { outlineRecord } from '../../src/wire/commitlog/record-outline.ts';
import { systemTableId } from '../../src/wire/commitlog/system-table-ids.ts';
import { mutation, partitionUpdate } from '../wire/commitlog/mutation-builder.ts';
import { canaryTable, counterTable, foreignTable, siblingTable, wantedTable } from './a-node-log.ts';

const route = recordRouter({
  changesPartitions: 8,
  wantedTableIds: [wantedTable],
  keyspaceTableIds: [wantedTable, siblingTable, counterTable],
  counterTableIds: [counterTable],
  canaryTableId: canaryTable,
});

const youngerTable = '66666666666666666666666666666666';
const partitionKey = Buffer.from('order-17');
const partition = topicPartitionOf(tokenOf(partitionKey), 8);

/** Of a record of this table, and of another that follows it. */
function routeOf(firstTableId: string, updateCount = 1, secondTableId = foreignTable) {
  const updates = [firstTableId, ...Array<string>(updateCount - 1).fill(secondTableId)];
  const body = mutation(
    ...updates.map((tableId) => partitionUpdate({ tableId, partitionKey, columns: [], items: [] })),
  );
  return route(outlineRecord(body), body);
}

test('a record of a wanted table goes to the partition of its token', () => {
  expect(routeOf(wantedTable)).toEqual({ kind: 'changes', partition });
});

test('a record that begins with another table of the keyspace is only published if a wanted one may follow', () => {
  expect(routeOf(siblingTable)).toEqual({ kind: 'none' });
  expect(routeOf(siblingTable, 2)).toEqual({ kind: 'changes', partition });
});

test('a record of another keyspace is dropped however many tables it holds', () => {
  expect(routeOf(foreignTable)).toEqual({ kind: 'none' });
  expect(routeOf(foreignTable, 3)).toEqual({ kind: 'none' });
});

test('a record that begins with a table younger than the settings is published if a wanted one follows', () => {
  expect(routeOf(youngerTable, 2, wantedTable)).toEqual({ kind: 'changes', partition });
  expect(routeOf(youngerTable, 3, foreignTable)).toEqual({ kind: 'none' });
  expect(routeOf(youngerTable)).toEqual({ kind: 'none' });
});

test('a record of counters is told apart and never published, however many tables it holds', () => {
  expect(routeOf(counterTable)).toEqual({ kind: 'counter' });
  expect(routeOf(counterTable, 2)).toEqual({ kind: 'counter' });
});

test('schema changes and truncates go to the schema topic, other tables of the node nowhere', () => {
  expect(routeOf(systemTableId('system_schema', 'columns'))).toEqual({ kind: 'schema' });
  expect(routeOf(systemTableId('system', 'local'))).toEqual({ kind: 'schema' });
  expect(routeOf(systemTableId('system', 'batches'), 2)).toEqual({ kind: 'none' });
});

test('a canary is published like a change and names its nonce', () => {
  expect(routeOf(canaryTable)).toEqual({ kind: 'canary', partition, nonce: 'order-17' });
});
