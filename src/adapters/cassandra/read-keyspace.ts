import type { KeyspaceFacts } from '../../ports/source-cluster.ts';
import { decodeBoolean, decodeTextMap } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** Undefined when the cluster has no such keyspace. */
export async function readKeyspace(
  asker: Asker,
  name: string,
  signal?: AbortSignal,
): Promise<KeyspaceFacts | undefined> {
  const cql = 'SELECT durable_writes, replication FROM system_schema.keyspaces WHERE keyspace_name = ?';
  const [row] = await queryRows(asker, cql, { values: [Buffer.from(name)], ...(signal && { signal }) });
  if (!row) return undefined;
  return {
    name,
    durableWrites: decodeBoolean(row.durable_writes!),
    replication: decodeTextMap(row.replication!),
  };
}
