import { type ColumnRow, tablesOf } from '../model/schema.ts';
import type { ColumnKind, Table } from '../model/table.ts';
import { systemTableId } from '../wire/commitlog/system-table-ids.ts';

/** The tables of the schema topic as 4.0, 4.1 and 5.0 define them together: what a node adds later comes with its own rows. */
export function systemTables(): readonly Table[] {
  return tablesOf({
    tables: Object.keys(definitions).map((name) => ({
      ...split(name),
      id: idOf(name),
      flags: [],
      cdc: false,
      defaultTtlSeconds: 0,
    })),
    columns: Object.entries(definitions).flatMap(([name, columns]) => columnRows(name, columns)),
    types: [],
    droppedColumns: [],
  });
}

const options =
  'additional_write_policy text; allow_auto_snapshot boolean; bloom_filter_fp_chance double; caching frozen<map<text, text>>; ' +
  'cdc boolean; comment text; compaction frozen<map<text, text>>; compression frozen<map<text, text>>; ' +
  'crc_check_chance double; dclocal_read_repair_chance double; default_time_to_live int; ' +
  'extensions frozen<map<text, blob>>; gc_grace_seconds int; id uuid; incremental_backups boolean; ' +
  'max_index_interval int; memtable text; memtable_flush_period_in_ms int; min_index_interval int; read_repair text; ' +
  'read_repair_chance double; speculative_retry text';

/** Partition key | clustering columns | the others, each "name type". */
const definitions: Readonly<Record<string, string>> = {
  'system_schema.keyspaces': 'keyspace_name text || durable_writes boolean; replication frozen<map<text, text>>',
  'system_schema.tables': `keyspace_name text | table_name text | ${options}; flags frozen<set<text>>`,
  'system_schema.views': `keyspace_name text | view_name text | ${options}; base_table_id uuid; base_table_name text; include_all_columns boolean; where_clause text`,
  'system_schema.columns':
    'keyspace_name text | table_name text; column_name text | clustering_order text; column_name_bytes blob; kind text; position int; type text',
  'system_schema.dropped_columns':
    'keyspace_name text | table_name text; column_name text | dropped_time timestamp; kind text; type text',
  'system_schema.column_masks':
    'keyspace_name text | table_name text; column_name text | function_argument_nulls frozen<list<boolean>>; function_argument_types frozen<list<text>>; function_argument_values frozen<list<text>>; function_keyspace text; function_name text',
  'system_schema.triggers': 'keyspace_name text | table_name text; trigger_name text | options frozen<map<text, text>>',
  'system_schema.types':
    'keyspace_name text | type_name text | field_names frozen<list<text>>; field_types frozen<list<text>>',
  'system_schema.functions':
    'keyspace_name text | function_name text; argument_types frozen<list<text>> | argument_names frozen<list<text>>; body text; called_on_null_input boolean; language text; return_type text',
  'system_schema.aggregates':
    'keyspace_name text | aggregate_name text; argument_types frozen<list<text>> | final_func text; initcond text; return_type text; state_func text; state_type text',
  'system_schema.indexes':
    'keyspace_name text | table_name text; index_name text | kind text; options frozen<map<text, text>>',
  'system.local':
    'key text || bootstrapped text; broadcast_address inet; broadcast_port int; cluster_name text; cql_version text; data_center text; gossip_generation int; host_id uuid; listen_address inet; listen_port int; native_protocol_version text; partitioner text; rack text; release_version text; rpc_address inet; rpc_port int; schema_version uuid; thrift_version text; tokens set<text>; truncated_at map<uuid, blob>',
};

const kinds: readonly ColumnKind[] = ['partition_key', 'clustering', 'regular'];

function columnRows(name: string, definition: string): readonly ColumnRow[] {
  return definition.split('|').flatMap((part, index) =>
    part
      .split(';')
      .filter((column) => column.trim() !== '')
      .map((column, position) => columnRow(name, column.trim(), kinds[index]!, position)),
  );
}

function columnRow(name: string, column: string, kind: ColumnKind, position: number): ColumnRow {
  const space = column.indexOf(' ');
  return {
    ...split(name),
    column: column.slice(0, space),
    kind,
    position: kind === 'regular' ? -1 : position,
    clusteringOrder: kind === 'clustering' ? 'asc' : 'none',
    type: column.slice(space + 1),
  };
}

function split(name: string): { readonly keyspace: string; readonly table: string } {
  const [keyspace, table] = name.split('.');
  return { keyspace: keyspace!, table: table! };
}

function idOf(name: string): string {
  const { keyspace, table } = split(name);
  return systemTableId(keyspace, table);
}
