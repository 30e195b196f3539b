import { expect, test } from 'vitest';
import { demoDdl, demoTables, rowsOfTable } from '../../../src/sandbox/demo/demo-schema.ts';
import { insertRow } from '../../../src/sandbox/demo/demo-table.ts';
import { valueText } from '../../../src/sandbox/demo/row-value.ts';
import { seededRandom } from '../../../src/sandbox/demo/seeded-random.ts';

test.each([200_000, 1, 7, 99_999])('the tables share %i rows among them', (allRows) => {
  const counts = demoTables.map((table) => rowsOfTable(table, allRows));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(allRows);
});

test('the same seed makes the same rows', () => {
  for (const table of demoTables)
    expect(valueText(insertRow(table, 5, seededRandom(1)).values)).toBe(
      valueText(insertRow(table, 5, seededRandom(1)).values),
    );
});

test.each(demoTables.map((table) => [table.name, table] as const))(
  'every row of %s has a key of its own',
  (_, table) => {
    const keys = Array.from({ length: 5000 }, (_, n) => valueText(table.keyOf(n)));
    expect(new Set(keys).size).toBe(keys.length);
  },
);

test('every mark of every statement has its value', () => {
  const random = seededRandom(3);
  for (const { operations } of demoTables)
    for (const kind of operations)
      for (const { cql, values } of kind.statements(12, random))
        expect(values, cql).toHaveLength(cql.split('?').length - 1);
  for (const { cql, values } of demoTables.flatMap(({ rowOf }) => rowOf?.(12, random) ?? []))
    expect(values, cql).toHaveLength(cql.split('?').length - 1);
});

test('the tables are made in the keyspace that is asked for', () => {
  const [keyspace, ...others] = demoDdl('shop', 'dc1');
  expect(keyspace).toContain("CREATE KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': 1}");
  for (const ddl of others) expect(ddl).toMatch(/^CREATE (TABLE|TYPE) shop\./);
});
