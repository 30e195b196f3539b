import { types } from 'cassandra-driver';
import { type DemoTable, insertRow, type Statement } from '../demo-table.ts';
import type { RandomSource } from '../seeded-random.ts';

const rowsOfPartition = 50;
const partition = 'WHERE region = ? AND day = ?';
const statuses = ['new', 'paid', 'sent', 'returned'];

/** A composite key, clustering in descending order, statics, and deletes of rows, slices and partitions. */
export const orders: DemoTable = {
  name: 'orders',
  ddl: [
    `CREATE TABLE orders (
      region text, day date, placed timestamp, number int, day_note text STATIC, day_total bigint STATIC,
      status text, amount decimal, customer bigint,
      PRIMARY KEY ((region, day), placed, number)) WITH CLUSTERING ORDER BY (placed DESC, number ASC)`,
  ],
  share: 0.25,
  rowsOfPartition,
  columns: ['region', 'day', 'placed', 'number', 'status', 'amount', 'customer'],
  keyOf: (n) => [...partitionOf(n), placedAt(n % rowsOfPartition), n % 3],
  valuesOf: (_, random) => [
    random.pick(statuses),
    `${random.below(10_000)}.${random.below(90) + 10}`,
    random.chance(0.9) ? random.below(50_000) : null,
  ],
  operations: [
    { name: 'insert', weight: 8, statements: (n, random) => [insertRow(orders, n, random)] },
    {
      name: 'update',
      weight: 7,
      statements: (n, random) => [
        {
          cql: `UPDATE orders SET status = ? ${partition} AND placed = ? AND number = ?`,
          values: [random.pick(statuses), ...orders.keyOf(n)],
        },
      ],
    },
    {
      name: 'delete column',
      weight: 1,
      statements: (n) => [
        { cql: `DELETE customer FROM orders ${partition} AND placed = ? AND number = ?`, values: orders.keyOf(n) },
      ],
    },
    {
      name: 'delete row',
      weight: 1.5,
      statements: (n) => [
        { cql: `DELETE FROM orders ${partition} AND placed = ? AND number = ?`, values: orders.keyOf(n) },
      ],
    },
    { name: 'update static', weight: 2, statements: updateStatics },
    {
      name: 'delete static',
      weight: 0.5,
      statements: (n) => [{ cql: `DELETE day_note FROM orders ${partition}`, values: partitionOf(n) }],
    },
    { name: 'delete range', weight: 0.6, statements: deleteRange },
    {
      name: 'delete slice',
      weight: 0.4,
      statements: (n) => [
        {
          cql: `DELETE FROM orders ${partition} AND placed = ?`,
          values: [...partitionOf(n), placedAt(n % rowsOfPartition)],
        },
      ],
    },
    {
      name: 'delete partition',
      weight: 0.15,
      statements: (n) => [{ cql: `DELETE FROM orders ${partition}`, values: partitionOf(n) }],
    },
    {
      name: 'batch of a partition',
      weight: 1,
      batch: 'logged',
      statements: (n, random) => [
        insertRow(orders, n, random),
        insertRow(orders, sibling(n, random), random),
        ...updateStatics(n, random),
      ],
    },
  ],
};

function updateStatics(n: number, random: RandomSource): readonly Statement[] {
  const values = [random.word(10), random.below(1_000_000), ...partitionOf(n)];
  return [{ cql: `UPDATE orders SET day_note = ?, day_total = ? ${partition}`, values }];
}

function deleteRange(n: number, random: RandomSource): readonly Statement[] {
  const from = n % rowsOfPartition;
  const upTo = placedAt(from + 1 + random.below(5));
  return [
    {
      cql: `DELETE FROM orders ${partition} AND placed >= ? AND placed < ?`,
      values: [...partitionOf(n), placedAt(from), upTo],
    },
  ];
}

function partitionOf(n: number): readonly unknown[] {
  const number = Math.floor(n / rowsOfPartition);
  const day = new Date(Date.UTC(2024, 0, 1 + Math.floor(number / 7)));
  return [`region-${number % 7}`, types.LocalDate.fromDate(day)];
}

function placedAt(index: number): Date {
  return new Date(Date.UTC(2024, 0, 1) + index * 600_000);
}

/** Another row of the same partition. */
function sibling(n: number, random: RandomSource): number {
  return n - (n % rowsOfPartition) + random.below(rowsOfPartition);
}
