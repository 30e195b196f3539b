import { tablesOf } from '../../model/schema.ts';
import type { Table } from '../../model/table.ts';
import type { CqlPool } from '../../wire/cql/cql-pool.ts';
import { readKeyspace } from './read-keyspace.ts';
import { readSchema } from './read-schema.ts';
import { waitForSchemaAgreement } from './schema-agreement.ts';

const keyspace = 'cdcmig_canary';
const name = 'canary';

/** Creates or verifies the canary keyspace with a replica on every node, and answers its table. */
export async function ensureCanaryTable(
  pool: CqlPool,
  nodes: readonly { readonly datacenter: string }[],
  signal?: AbortSignal,
): Promise<Table> {
  const wanted = replicationTo(nodes);
  const facts = await readKeyspace(pool, keyspace, signal);
  // A node that came or went since changes what "every node" is.
  if (!facts) await define(pool, `CREATE KEYSPACE IF NOT EXISTS ${keyspace} WITH replication = ${wanted}`, signal);
  else if (replicationText(facts.replication) !== wanted)
    await define(pool, `ALTER KEYSPACE ${keyspace} WITH replication = ${wanted}`, signal);
  const existing = await canaryTable(pool, signal);
  if (existing) return existing;
  const columns = 'nonce text PRIMARY KEY, written_at timestamp';
  await define(pool, `CREATE TABLE IF NOT EXISTS ${keyspace}.${name} (${columns})`, signal);
  return (await canaryTable(pool, signal))!;
}

/** One row on every node of the cluster, or an error. */
export async function writeCanary(pool: CqlPool, nonce: string, signal?: AbortSignal): Promise<void> {
  const cql = `INSERT INTO ${keyspace}.${name} (nonce, written_at) VALUES (?, toTimestamp(now()))`;
  await pool.execute(cql, [Buffer.from(nonce)], { consistency: 'ALL', ...(signal && { signal }) });
}

async function canaryTable(pool: CqlPool, signal?: AbortSignal): Promise<Table | undefined> {
  const tables = tablesOf(await readSchema(pool, keyspace, signal));
  return tables.find((table) => table.name === name);
}

async function define(pool: CqlPool, ddl: string, signal?: AbortSignal): Promise<void> {
  await pool.query(ddl, { consistency: 'LOCAL_QUORUM', ...(signal && { signal }) });
  await waitForSchemaAgreement(pool, signal);
}

function replicationTo(nodes: readonly { readonly datacenter: string }[]): string {
  const counts: Record<string, string> = { class: 'NetworkTopologyStrategy' };
  for (const { datacenter } of nodes) counts[datacenter] = `${Number(counts[datacenter] ?? 0) + 1}`;
  return replicationText(counts);
}

/** A CQL map with its keys in order, so that two can be compared; Cassandra answers the class with its package. */
function replicationText(replication: Readonly<Record<string, string>>): string {
  const entries = Object.entries(replication).sort(([a], [b]) => (a < b ? -1 : 1));
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return `{${entries.map(([key, value]) => `${quote(key)}: ${quote(value.replace(/^.*\./, ''))}`).join(', ')}}`;
}
