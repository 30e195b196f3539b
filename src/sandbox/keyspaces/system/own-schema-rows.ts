import { uuidOf } from './local-tables.ts';
import type { SystemTable } from './system-table.ts';
import type { SystemValue } from './system-type.ts';

type Row = Readonly<Record<string, SystemValue>>;

interface OwnSchema {
  readonly keyspaces: readonly Row[];
  readonly tables: readonly Row[];
  readonly columns: readonly Row[];
}

/** What `system_schema` says of the system tables themselves: drivers and cqlsh know no table that is not in it. */
export function ownSchemaRows(tables: readonly SystemTable[]): OwnSchema {
  const keyspaces = [...new Set(tables.map(({ keyspace }) => keyspace))];
  return {
    keyspaces: keyspaces.map((name) => ({
      keyspace_name: name,
      durable_writes: true,
      replication: { class: 'org.apache.cassandra.locator.LocalStrategy' },
    })),
    tables: tables.map(tableRow),
    columns: tables.flatMap(columnRows),
  };
}

function tableRow({ keyspace, name }: SystemTable): Row {
  return {
    keyspace_name: keyspace,
    table_name: name,
    caching: {},
    cdc: false,
    comment: '',
    compaction: {},
    compression: {},
    default_time_to_live: 0,
    extensions: {},
    flags: ['compound'],
    gc_grace_seconds: 0,
    id: uuidOf(`${keyspace}.${name}`),
  };
}

/** The first column is the partition key; of what is listed by keyspace the second one tells the rows of a partition apart. */
function columnRows({ keyspace, name, columns }: SystemTable): readonly Row[] {
  const isListed = columns[0]?.name === 'keyspace_name' && columns.length > 1 && columns[1]!.name.endsWith('_name');
  return columns.map((column, index) => {
    const kind = index === 0 ? 'partition_key' : index === 1 && isListed ? 'clustering' : 'regular';
    return {
      keyspace_name: keyspace,
      table_name: name,
      column_name: column.name,
      clustering_order: kind === 'clustering' ? 'asc' : 'none',
      column_name_bytes: Buffer.from(column.name),
      kind,
      position: kind === 'regular' ? -1 : 0,
      type: column.type,
    };
  });
}
