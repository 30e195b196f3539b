import { setImmediate as breathe } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { demoTables, rowsOfTable } from './demo-schema.ts';
import { type DemoTable, insertRow, type Statement } from './demo-table.ts';
import { type RandomSource, seededRandom } from './seeded-random.ts';

const lanes = 48;
// A batch costs the driver less than its rows one by one; Cassandra warns above 5 kB and refuses above 50.
const rowsOfBatch = 25;

/** Writes `allRows` rows over the tables of the demo; the same seed writes the same rows. */
export async function fill(client: Client, allRows: number, seed: number, signal?: AbortSignal): Promise<void> {
  for (const table of demoTables) {
    const groups = rowGroups(table, rowsOfTable(table, allRows));
    await Promise.all(Array.from({ length: lanes }, () => writeGroups(client, table, groups, seed, signal)));
  }
}

async function writeGroups(
  client: Client,
  table: DemoTable,
  groups: Iterator<readonly number[]>,
  seed: number,
  signal?: AbortSignal,
): Promise<void> {
  for (let next = groups.next(); !next.done; next = groups.next()) {
    signal?.throwIfAborted();
    const random = seededRandom(seed + next.value[0]!);
    const statements = next.value.map((n) => rowOf(table, n, random));
    await write(client, statements);
    // Values are made without a pause: timers and signals want their turn.
    await breathe();
  }
}

function rowOf(table: DemoTable, n: number, random: RandomSource): Statement {
  return table.rowOf?.(n, random) ?? insertRow(table, n, random, { ttlSeconds: table.ttlOf?.(random) });
}

async function write(client: Client, statements: readonly Statement[]): Promise<void> {
  const [only] = statements;
  if (statements.length === 1) await client.execute(only!.cql, [...only!.values], { isIdempotent: true });
  else {
    const queries = statements.map(({ cql, values }) => ({ query: cql, params: [...values] }));
    await client.batch(queries, { prepare: true, logged: false });
  }
}

/** Row numbers in groups of one partition each. */
function* rowGroups(table: DemoTable, rows: number): Generator<readonly number[]> {
  const size = Math.min(rowsOfBatch, table.rowsOfPartition);
  for (let first = 0; first < rows; ) {
    const endOfPartition = first - (first % table.rowsOfPartition) + table.rowsOfPartition;
    const end = Math.min(first + size, endOfPartition, rows);
    yield Array.from({ length: end - first }, (_, index) => first + index);
    first = end;
  }
}
