import type { Client } from 'cassandra-driver';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { compareKeyspaces } from '../../../src/sandbox/demo/compare.ts';
import { demoDdl, demoTables } from '../../../src/sandbox/demo/demo-schema.ts';
import { fill } from '../../../src/sandbox/demo/fill.ts';
import { openClient } from '../../../src/sandbox/demo/open-client.ts';
import type { SandboxNode } from '../../../src/sandbox/sandbox-state.ts';

const keyspace = `demo_compare_${process.pid}`;
const rows = 800;
const sides: { source: Client; target: Client } = {} as never;

beforeAll(async () => {
  const { source, target } = inject('sandbox');
  sides.source = await openSide(source[0]!);
  sides.target = await openSide(target);
});

afterAll(async () => {
  for (const client of [sides.source, sides.target]) {
    await client?.execute(`DROP KEYSPACE ${keyspace}`, [], { prepare: false });
    await client?.shutdown();
  }
});

test('two keyspaces with the same rows are equal, and every row was looked at', async () => {
  const { tables, differences } = await compareKeyspaces(sides, { looksAgain: 2 });
  expect(differences).toEqual([]);
  expect(tables.map(({ table }) => table)).toEqual(demoTables.map(({ name }) => name).sort());
  expect(tables.reduce((sum, { sourceRows }) => sum + sourceRows, 0)).toBe(rows);
  expect(tables.every(({ sourceRows, targetRows }) => sourceRows === targetRows)).toBe(true);
});

test.each([
  ['a row that is gone', 'DELETE FROM customers WHERE id = 3', { table: 'customers', kind: 'missing' }],
  ['a row too many', 'INSERT INTO customers (id) VALUES (-1)', { table: 'customers', kind: 'extra' }],
  ['a value', "UPDATE customers SET note = 'x' WHERE id = 4", { column: 'note', target: '"x"' }],
  ['a null', 'DELETE points FROM customers WHERE id = 5', { column: 'points', target: 'null' }],
  ['an expiry', "UPDATE customers USING TTL 3600 SET name = 'x' WHERE id = 6", { column: 'name', kind: 'expiry' }],
  [
    'a counter',
    "UPDATE visits SET views = views + 1 WHERE page = 'page-2' AND day = 2",
    { table: 'visits', column: 'views' },
  ],
  [
    'a static of a partition without rows',
    "UPDATE orders SET day_note = 'x' WHERE region = 'nowhere' AND day = '2026-01-01'",
    { table: 'orders', kind: 'extra' },
  ],
])('%s on one side only is found', async (_, damage, difference) => {
  await sides.target.execute(damage, [], { prepare: false });
  const { differences } = await compareKeyspaces(sides, { looksAgain: 2 });
  expect(differences).toContainEqual(expect.objectContaining(difference));
});

test('one element of a collection is found', async () => {
  const { rows: some } = await sides.target.execute('SELECT id FROM profiles LIMIT 1');
  await sides.target.execute("UPDATE profiles SET tags = tags + {'damaged'} WHERE id = ?", [some[0]!.id]);
  const { differences } = await compareKeyspaces(sides, { looksAgain: 2 });
  expect(differences).toContainEqual(expect.objectContaining({ table: 'profiles', column: 'tags' }));
});

async function openSide(node: SandboxNode): Promise<Client> {
  const admin = await openClient(node);
  for (const ddl of demoDdl(keyspace, node.datacenter)) await admin.execute(ddl, [], { prepare: false });
  await admin.shutdown();
  const client = await openClient(node, keyspace);
  await fill(client, rows, 1);
  return client;
}
