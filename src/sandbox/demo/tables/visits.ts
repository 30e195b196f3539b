import type { DemoTable, Statement } from '../demo-table.ts';

/** Counters, which no stream can carry: they are copied at the cutover. */
export const visits: DemoTable = {
  name: 'visits',
  ddl: ['CREATE TABLE visits (page text, day int, views counter, likes counter, PRIMARY KEY (page, day))'],
  share: 0.01,
  rowsOfPartition: 1,
  columns: ['page', 'day', 'views', 'likes'],
  keyOf: (n) => [`page-${n}`, n % 365],
  valuesOf: (_, random) => [1 + random.below(1_000_000), random.below(1_000)],
  // A counter cannot be inserted.
  rowOf: (n, random) => count(n, ['views', 'likes'], visits.valuesOf(n, random)),
  operations: [
    { name: 'count', weight: 1.5, statements: (n, random) => [count(n, ['views'], [1 + random.below(3)])] },
    { name: 'count down', weight: 0.5, statements: (n) => [count(n, ['likes'], [-1])] },
    {
      name: 'count both',
      weight: 1,
      statements: (n, random) => [count(n, ['views', 'likes'], [1, random.pick([1, -1])])],
    },
  ],
};

function count(n: number, counters: readonly string[], by: readonly unknown[]): Statement {
  const additions = counters.map((counter) => `${counter} = ${counter} + ?`).join(', ');
  return { cql: `UPDATE visits SET ${additions} WHERE page = ? AND day = ?`, values: [...by, ...visits.keyOf(n)] };
}
