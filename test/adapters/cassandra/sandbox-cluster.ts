import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import type { CassandraEndpoint } from '../../../src/adapters/cassandra/endpoint.ts';
import { tablesOf } from '../../../src/model/schema.ts';
import type { Column, Table } from '../../../src/model/table.ts';
import type { SandboxNode } from '../../../src/sandbox/sandbox-state.ts';
import type { CqlPool } from '../../../src/wire/cql/cql-pool.ts';
import { openCqlPool } from '../../../src/wire/cql/open-cql-pool.ts';

export function sourceEndpoint(): CassandraEndpoint {
  return endpointOf(inject('sandbox').source[0]!);
}

export function targetEndpoint(): CassandraEndpoint {
  return endpointOf(inject('sandbox').target);
}

/** A plain pool to prepare data with, beside the adapter under test. */
export function rawPool({ contactPoints }: CassandraEndpoint): CqlPool {
  const [host, port] = contactPoints[0]!.split(':') as [string, string];
  return openCqlPool({
    contactPoints: [{ host, port: Number(port) }],
    connectionsPerHost: 1,
    maxInFlightPerConnection: 128,
    requestTimeoutMs: 15_000,
  });
}

export async function run(pool: CqlPool, ...statements: readonly string[]): Promise<void> {
  for (const cql of statements) await pool.query(cql, { consistency: 'ONE' });
}

export async function createKeyspace(pool: CqlPool): Promise<string> {
  const keyspace = `ks_${randomBytes(5).toString('hex')}`;
  await run(pool, `CREATE KEYSPACE ${keyspace} WITH replication = {'class':'SimpleStrategy','replication_factor':1}`);
  return keyspace;
}

export async function tableNamed(
  from: { schema(keyspace: string): Promise<Parameters<typeof tablesOf>[0]> },
  keyspace: string,
  name: string,
): Promise<Table> {
  return tablesOf(await from.schema(keyspace)).find((table) => table.name === name)!;
}

/** Key columns, then the others by name. */
export function allColumns(table: Table): readonly Column[] {
  return [...table.partitionKey, ...table.clustering, ...table.columns.values()];
}

export async function rowsOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const rows: T[] = [];
  for await (const page of pages) rows.push(...page);
  return rows;
}

function endpointOf(node: SandboxNode): CassandraEndpoint {
  return { contactPoints: [`${node.address}:${node.cqlPort}`], datacenter: node.datacenter, patienceMs: 3_000 };
}
