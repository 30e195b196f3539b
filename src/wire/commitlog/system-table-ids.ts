import { createHash } from 'node:crypto';

/** The id of a table that every node has: a name-based UUID over keyspace and table, 32 lower-case hex digits. */
export function systemTableId(keyspace: string, table: string): string {
  const digest = createHash('md5').update(keyspace).update(table).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x30;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return digest.toString('hex');
}

/** The tables of system_schema in 4.0, 4.1 and 5.0 (column_masks: 5.0). */
const systemSchemaTables = [
  'keyspaces',
  'tables',
  'columns',
  'dropped_columns',
  'column_masks',
  'triggers',
  'views',
  'types',
  'functions',
  'aggregates',
  'indexes',
] as const;

/** Where a node writes down what it truncated. */
export const systemLocalId = systemTableId('system', 'local');

/** Tables whose records belong on the schema topic: every schema change, and the truncates. */
export const schemaTopicTableIds: ReadonlySet<string> = new Set([
  ...systemSchemaTables.map((table) => systemTableId('system_schema', table)),
  systemLocalId,
]);
