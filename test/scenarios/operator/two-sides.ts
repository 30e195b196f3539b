import type { Client } from 'cassandra-driver';
import { openClient } from '../../../src/sandbox/demo/open-client.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox-state.ts';

/** Plain driver connections to both sides of a sandbox. */
export interface TwoSides extends AsyncDisposable {
  readonly source: Client;
  readonly target: Client;
}

export async function openTwoSides(sandbox: Sandbox): Promise<TwoSides> {
  const [source, target] = await Promise.all([openClient(sandbox.source[0]!), openClient(sandbox.target)]);
  return {
    source,
    target,
    async [Symbol.asyncDispose]() {
      await Promise.all([source.shutdown(), target.shutdown()]);
    },
  };
}

export async function createKeyspace(
  client: Client,
  keyspace: string,
  ddl: readonly string[],
  options = '',
): Promise<void> {
  const replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
  await client.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication} ${options}`, [], {
    prepare: false,
  });
  for (const statement of ddl) await client.execute(statement.replaceAll('KS', keyspace), [], { prepare: false });
}

export async function dropKeyspace(client: Client, keyspace: string): Promise<void> {
  await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`, [], { prepare: false });
}

/** Runs one statement for each of 0 to count - 1, many at once. */
export async function fillRows(
  client: Client,
  count: number,
  statement: (n: number) => { readonly cql: string; readonly values: readonly unknown[] },
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) {
      const { cql, values } = statement(n);
      await client.execute(cql, [...values]);
    }
  };
  await Promise.all(Array.from({ length: 64 }, lane));
}
