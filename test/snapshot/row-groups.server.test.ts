import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainInsertOf } from '../../src/apply/plain-insert.ts';
import { layoutOf } from '../../src/apply/row-layout.ts';
import type { RowWrites } from '../../src/ports/target-keyspace.ts';
import { createRowGroups } from '../../src/snapshot/row-groups.ts';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import { createKeyspace, rawPool, run, targetEndpoint } from '../adapters/cassandra/sandbox-cluster.ts';
import { aTable, int } from '../support/a-table.ts';
import { packPage } from '../support/in-memory-reader.ts';

const timestampMicros = 1_700_000_000_000_000n;
const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
let pool: CqlPool;
let keyspace: string;

beforeAll(async () => {
  pool = rawPool(targetEndpoint());
  keyspace = await createKeyspace(pool);
  const columns = names.map((name) => `${name} blob`).join(', ');
  await run(pool, `CREATE TABLE ${keyspace}.t (id int PRIMARY KEY, ${columns})`);
});

afterAll(async () => {
  await run(pool, `DROP KEYSPACE ${keyspace}`);
  await pool.close();
});

/** What the server says of a request with these rows. */
async function warningsOf(rows: readonly Buffer[], { cql, valueCount: count, using: behind }: Omit<RowWrites, 'rows'>) {
  const statements = rows.map((bytes) => ({ statement: cql, values: { count, bytes, behind } }));
  return (await pool.batch('unlogged', statements, { consistency: 'ONE' })).warnings;
}

test.each([
  { columns: 1, bytes: 4 },
  { columns: 40, bytes: 1 },
  { columns: 12, bytes: 100 },
])(
  'a Cassandra does not warn of a group of several partitions, each of $columns cells of $bytes bytes',
  async ({ columns, bytes }) => {
    const regulars = Object.fromEntries(names.slice(0, columns).map((name) => [name, 'blob']));
    const layout = layoutOf(aTable({ name: 't', partitionKey: { id: 'int' }, regulars }));
    const plain = plainInsertOf(layout, keyspace, timestampMicros)!;
    const rows = Array.from({ length: 30 }, (_, id) => ({
      ...{ values: [int(id), ...Array.from({ length: columns }, () => Buffer.alloc(bytes, id))], writeTimesMicros: [] },
      ttlSeconds: layout.ttlColumns.map(() => null),
    }));
    const { inserts } = createRowGroups(layout, plain, undefined)(packPage(rows), 0, 30);

    expect(inserts!.rows.length).toBeGreaterThan(1);
    expect(await warningsOf(inserts!.rows, plain)).toEqual([]);
  },
);

test('it would warn of eleven', async () => {
  const layout = layoutOf(aTable({ name: 't', partitionKey: { id: 'int' }, regulars: { c0: 'blob' } }));
  const plain = plainInsertOf(layout, keyspace, timestampMicros)!;
  const rows = Array.from({ length: 11 }, (_, id) => Buffer.from([0, 0, 0, 4, 0, 0, 0, id, 0, 0, 0, 1, id]));
  expect(await warningsOf(rows, plain)).toEqual([expect.stringMatching(/Unlogged batch covering 11 partitions/)]);
});
