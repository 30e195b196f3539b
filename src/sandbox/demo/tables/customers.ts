import { type DemoTable, insertRow, ownTimestamp, type Statement } from '../demo-table.ts';
import type { RandomSource } from '../seeded-random.ts';

const where = 'WHERE id = ?';

/** A simple key, and everything that can be done to one row: conditions, stamps of the application's own, batches. */
export const customers: DemoTable = {
  name: 'customers',
  ddl: [
    `CREATE TABLE customers (
      id bigint PRIMARY KEY, name text, email ascii, balance decimal, points int, is_active boolean, joined timestamp,
      note text)`,
  ],
  share: 0.25,
  rowsOfPartition: 1,
  columns: ['id', 'name', 'email', 'balance', 'points', 'is_active', 'joined', 'note'],
  keyOf: (n) => [n],
  valuesOf: (n, random) => [
    `${random.word(6)} ${random.word(8)}`,
    `${random.word(8)}@example.org`,
    `${random.below(100_000)}.${String(random.below(100)).padStart(2, '0')}`,
    random.below(1000),
    random.chance(0.8),
    new Date(Date.UTC(2020, 0, 1) + n * 60_000),
    random.chance(0.3) ? random.word(20) : null,
  ],
  operations: [
    { name: 'insert', weight: 6, statements: (n, random) => [insertRow(customers, n, random)] },
    {
      name: 'insert stamped',
      weight: 3,
      statements: (n, random) => [insertRow(customers, n, random, { timestampMicros: ownTimestamp(random) })],
    },
    { name: 'insert if absent', weight: 0.5, statements: insertIfAbsent },
    {
      name: 'update if',
      weight: 0.5,
      statements: (n, random) => [
        {
          cql: `UPDATE customers SET points = ?, note = ? ${where} IF is_active = ?`,
          values: [random.below(99), random.word(9), n, true],
        },
      ],
    },
    { name: 'update', weight: 8, statements: update },
    {
      name: 'update with TTL',
      weight: 2,
      statements: (n, random) => [
        {
          cql: `UPDATE customers USING TTL ? SET note = ? ${where}`,
          values: [7200 + random.below(7200), random.word(12), n],
        },
      ],
    },
    {
      name: 'delete column',
      weight: 2,
      statements: (n) => [{ cql: `DELETE note, email FROM customers ${where}`, values: [n] }],
    },
    { name: 'delete row', weight: 2, statements: (n) => [deleteOf(n)] },
    {
      name: 'batch of stamps',
      weight: 1,
      batch: 'unlogged',
      statements: (n, random) => [
        { cql: `DELETE FROM customers USING TIMESTAMP ? ${where}`, values: [ownTimestamp(random), n] },
        insertRow(customers, n, random, { timestampMicros: ownTimestamp(random) }),
      ],
    },
    // Both parts carry one write time: the delete wins over the cells of that time.
    {
      name: 'batch of a tie',
      weight: 0.5,
      batch: 'logged',
      statements: (n, random) => [deleteOf(n), insertRow(customers, n, random)],
    },
  ],
};

function update(n: number, random: RandomSource): readonly Statement[] {
  const active = random.chance(0.5);
  return [
    {
      cql: `UPDATE customers SET balance = ?, points = ?, is_active = ? ${where}`,
      values: [`${random.below(1000)}.5`, random.below(1000), active, n],
    },
  ];
}

function insertIfAbsent(n: number, random: RandomSource): readonly Statement[] {
  const { cql, values } = insertRow(customers, n, random);
  return [{ cql: `${cql} IF NOT EXISTS`, values }];
}

function deleteOf(n: number): Statement {
  return { cql: `DELETE FROM customers ${where}`, values: [n] };
}
