import type { DemoTable } from './demo-table.ts';
import { customers } from './tables/customers.ts';
import { orders } from './tables/orders.ts';
import { profiles } from './tables/profiles.ts';
import { readings } from './tables/readings.ts';
import { sessions } from './tables/sessions.ts';
import { visits } from './tables/visits.ts';

export const demoTables: readonly DemoTable[] = [customers, orders, profiles, sessions, readings, visits];

/** The statements that make the demo's keyspace on the source, each row kept by so many nodes. */
export function demoDdl(keyspace: string, datacenter: string, replicas = 1): readonly string[] {
  const inKeyspace = (ddl: string) => ddl.replace(/^CREATE (TABLE|TYPE) /, `CREATE $1 ${keyspace}.`);
  return [
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`,
    ...demoTables.flatMap((table) => table.ddl).map(inKeyspace),
  ];
}

/** How many of all rows a table gets; together they are all rows, whatever the rounding. */
export function rowsOfTable(table: DemoTable, allRows: number): number {
  const index = demoTables.indexOf(table);
  const upTo = (count: number) =>
    Math.round(allRows * demoTables.slice(0, count).reduce((sum, { share }) => sum + share, 0));
  return upTo(index + 1) - upTo(index);
}
