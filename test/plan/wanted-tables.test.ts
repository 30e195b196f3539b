import { expect, test } from 'vitest';
import { copyingOf } from '../../src/config/table-copying.ts';
import { planMigration } from '../../src/plan/plan-migration.ts';
import { aConfig, cassandraTarget } from '../support/a-config.ts';

const target = { ...cassandraTarget, replication: { class: 'SimpleStrategy' } };
const names = ['carts', 'orders', 'orders_2023', 'orders_2024', 'tmp_orders'];

function planOf(source: object, handedOver?: readonly string[], stopped: readonly string[] = []) {
  const keyspace = 'shop';
  const schema = {
    tables: names.map((table, id) => ({ keyspace, table, id: `${id}`, flags: [], cdc: false, defaultTtlSeconds: 0 })),
    columns: names.map((table) => ({
      ...{ keyspace, table, column: 'id', kind: 'partition_key', position: 0, type: 'int', clusteringOrder: 'none' },
    })),
    types: [],
    droppedColumns: [],
  };
  const decided = { stopped, waiting: [], leftOut: new Map() };
  const facts = { sourceSchema: schema, targetSchema: undefined, nodes: [], sizes: new Map(), decided, handedOver };
  const plan = planMigration(aConfig({ source, target }), facts as unknown as Parameters<typeof planMigration>[1]);
  const told = plan.findings.filter(({ check }) => check === 'tables');
  return {
    moved: plan.tables.map(({ table }) => table.name),
    told: told.map(({ severity, expected }) => `${severity}: ${expected}`),
  };
}

test.each([
  [{}, names],
  [{ tables: ['orders'] }, ['orders']],
  [{ tables: ['orders_*', 'carts'] }, ['carts', 'orders_2023', 'orders_2024']],
  [{ excludeTables: ['tmp_*', 'carts'] }, ['orders', 'orders_2023', 'orders_2024']],
  [{ tables: ['*orders*'], excludeTables: ['*_202?'] }, ['orders', 'tmp_orders']],
])('%j moves %j', (source, moved) => {
  expect(planOf(source)).toEqual({ moved, told: [] });
});

test('what means no table is a fault where it names what to move, and a warning where it names what stays', () => {
  expect(planOf({ tables: ['orders', 'order', 'x*'], excludeTables: ['tmp', 'tmp_*'] }).told).toEqual([
    'fault: a table shop.order',
    'fault: tables of shop that x* means',
    'warning: a table of shop that tmp of source.excludeTables means',
  ]);
});

test('a table that came after the hand-over is a fault until it is left out, since nothing of it is moved', () => {
  const before = names.filter((name) => name !== 'tmp_orders');
  expect(planOf({}, names).told).toEqual([]);
  expect(planOf({}, before).told).toEqual(['fault: tables of the hand-over, which alone are moved']);
  expect(planOf({ excludeTables: ['tmp_*'] }, before)).toEqual({ moved: before, told: [] });
});

test('a table of the hand-over that the configuration leaves out is a fault until it is stopped, since agents would pass over its changes', () => {
  const others = names.filter((name) => name !== 'carts');
  const left = 'fault: every table of the hand-over to be meant, as it is moved until it is stopped';
  expect(planOf({ excludeTables: ['carts'] }, names)).toEqual({ moved: others, told: [left] });
  expect(planOf({ tables: others }, names)).toEqual({ moved: others, told: [left] });
  expect(planOf({ excludeTables: ['carts'] }, names, ['carts'])).toEqual({ moved: others, told: [] });
  expect(planOf({}, names, ['carts'])).toEqual({ moved: others, told: [] });
  // One that is gone from the source waits for a decision.
  expect(planOf({}, [...names, 'gone']).told).toEqual([]);
});

test('a table is copied as the first entry says that means it', () => {
  const tables = [
    { table: 'orders', order: -1 },
    { table: 'orders*', rowsPerSecond: 500, order: 3, expires: false },
  ];
  const of = (table: string) => copyingOf(table, aConfig({ target, snapshot: { tables } }));
  expect(of('orders')).toEqual({ rowsPerSecond: undefined, order: -1, expires: true });
  expect(of('orders_2024')).toEqual({ rowsPerSecond: 500, order: 3, expires: false });
  expect(of('carts')).toEqual({ rowsPerSecond: undefined, order: 0, expires: true });
});
