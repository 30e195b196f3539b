import type { KeyspaceFacts } from '../../ports/source-cluster.ts';
import { decodeBoolean, decodeText, decodeTextMap } from './decode-cell.ts';
import { type Asker, type NamedRow, queryRows } from './query-rows.ts';

/** Undefined when the cluster has no such keyspace. */
export async function readKeyspace(
  asker: Asker,
  name: string,
  signal?: AbortSignal,
): Promise<KeyspaceFacts | undefined> {
  const options = { values: [Buffer.from(name)], ...(signal && { signal }) };
  const [row] = await queryRows(asker, `${all} WHERE keyspace_name = ?`, options);
  return row && factsOf(row);
}

/** Those of Cassandra itself among them. */
export async function readKeyspaces(asker: Asker, signal?: AbortSignal): Promise<readonly KeyspaceFacts[]> {
  return (await queryRows(asker, all, { ...(signal && { signal }) })).map(factsOf);
}

const all = 'SELECT keyspace_name, durable_writes, replication FROM system_schema.keyspaces';

function factsOf(row: NamedRow): KeyspaceFacts {
  return {
    name: decodeText(row.keyspace_name!),
    durableWrites: decodeBoolean(row.durable_writes!),
    replication: decodeTextMap(row.replication!),
  };
}
