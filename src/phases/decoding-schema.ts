import { mergeSchemaRows } from '../feeds/schema-rows.ts';
import type { SchemaRows } from '../model/schema.ts';
import type { SourceCluster } from '../ports/source-cluster.ts';

/**
 * The schema of everything that travels on the changes and schema topics: the migration's keyspace, the canaries, and
 * system_schema itself, whose columns differ from release to release.
 */
export async function readDecodingSchema(
  source: SourceCluster,
  keyspace: string,
  signal?: AbortSignal,
): Promise<SchemaRows> {
  const { keyspace: canaries } = await source.ensureCanaryTable(signal);
  const keyspaces = [keyspace, canaries, 'system_schema'];
  return mergeSchemaRows(await Promise.all(keyspaces.map((name) => source.schema(name, signal))));
}
