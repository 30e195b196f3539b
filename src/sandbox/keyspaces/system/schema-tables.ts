import type { KeyspacesState } from '../keyspaces-state.ts';
import { isUsable, type TableRecord, type TypeRecord } from '../state/records.ts';
import { ownSchemaRows } from './own-schema-rows.ts';
import { schemaRows } from './schema-rows.ts';
import { type SystemTable, systemTable } from './system-table.ts';
import type { SystemType, SystemValue } from './system-type.ts';

const keyspaceTypes = { keyspace_name: 'text', durable_writes: 'boolean', replication: 'map<text, text>' } as const;

const tableTypes = {
  keyspace_name: 'text',
  table_name: 'text',
  bloom_filter_fp_chance: 'double',
  caching: 'map<text, text>',
  cdc: 'boolean',
  comment: 'text',
  compaction: 'map<text, text>',
  compression: 'map<text, text>',
  crc_check_chance: 'double',
  dclocal_read_repair_chance: 'double',
  default_time_to_live: 'int',
  extensions: 'map<text, blob>',
  flags: 'set<text>',
  gc_grace_seconds: 'int',
  id: 'uuid',
  max_index_interval: 'int',
  memtable_flush_period_in_ms: 'int',
  min_index_interval: 'int',
  read_repair_chance: 'double',
  speculative_retry: 'text',
} as const;

const columnTypes = {
  keyspace_name: 'text',
  table_name: 'text',
  column_name: 'text',
  clustering_order: 'text',
  column_name_bytes: 'blob',
  kind: 'text',
  position: 'int',
  type: 'text',
} as const;

const typeTypes = {
  keyspace_name: 'text',
  type_name: 'text',
  field_names: 'list<text>',
  field_types: 'list<text>',
} as const;

/** Drivers ask for these, and find them empty: nothing of their kind can be made. */
const alwaysEmpty: Readonly<Record<string, Readonly<Record<string, SystemType>>>> = {
  indexes: {
    keyspace_name: 'text',
    table_name: 'text',
    index_name: 'text',
    kind: 'text',
    options: 'map<text, text>',
  },
  views: { keyspace_name: 'text', view_name: 'text', base_table_name: 'text', base_table_id: 'uuid' },
  triggers: { keyspace_name: 'text', table_name: 'text', trigger_name: 'text', options: 'map<text, text>' },
  functions: { keyspace_name: 'text', function_name: 'text', argument_types: 'list<text>', body: 'text' },
  aggregates: { keyspace_name: 'text', aggregate_name: 'text', argument_types: 'list<text>', state_func: 'text' },
  dropped_columns: { keyspace_name: 'text', table_name: 'text', column_name: 'text', kind: 'text', type: 'text' },
};

/** `system_schema` and `system_schema_mcs`: the first has what can be used, the second also what is on its way. */
export function schemaTables(
  state: KeyspacesState,
  isShownEarly: boolean,
  others: readonly SystemTable[],
): readonly SystemTable[] {
  const rows = schemaRows(state);
  const tables = () => state.keyspaces().flatMap(({ name }) => state.tables(name));
  const types = () => state.keyspaces().flatMap(({ name }) => state.types(name));
  const usable = <T extends Parameters<typeof isUsable>[0]>(all: readonly T[]) =>
    all.filter((one) => isShownEarly || isUsable(one));
  // They are described with the others, so they are known only when all are made.
  const own = () => known;
  const standard = [
    systemTable('system_schema', 'keyspaces', keyspaceTypes, () => [
      ...usable(state.keyspaces()).map(rows.keyspace),
      ...own().keyspaces,
    ]),
    systemTable('system_schema', 'tables', tableTypes, () => [...usable(tables()).map(rows.table), ...own().tables]),
    systemTable('system_schema', 'columns', columnTypes, () => [
      ...usable(tables()).flatMap(rows.columns),
      ...own().columns,
    ]),
    systemTable('system_schema', 'types', typeTypes, () => usable(types()).map(rows.type)),
    ...Object.entries(alwaysEmpty).map(([name, columns]) => systemTable('system_schema', name, columns)),
  ];
  const all = [...standard, ...managedTables(state, rows, tables, types)];
  const known = ownSchemaRows([...all, ...others]);
  return all;
}

function managedTables(
  state: KeyspacesState,
  rows: ReturnType<typeof schemaRows>,
  tables: () => readonly TableRecord[],
  types: () => readonly TypeRecord[],
): readonly SystemTable[] {
  const mcs = (
    name: string,
    columns: Readonly<Record<string, SystemType>>,
    all: () => readonly Readonly<Record<string, SystemValue>>[],
  ) => systemTable('system_schema_mcs', name, columns, all);
  const ofTable = { keyspace_name: 'text', table_name: 'text' } as const;
  return [
    mcs('keyspaces', { ...keyspaceTypes, status: 'text' }, () =>
      state.keyspaces().map((one) => ({ ...rows.keyspace(one), status: one.status })),
    ),
    mcs(
      'tables',
      {
        ...tableTypes,
        custom_properties: 'map<text, text>',
        status: 'text',
        cdc_specification: 'map<text, text>',
        latest_stream_arn: 'text',
        creation_time: 'timestamp',
      },
      () => tables().map((table) => ({ ...rows.table(table), ...rows.managed(table) })),
    ),
    mcs('columns', columnTypes, () => tables().flatMap(rows.columns)),
    mcs('types', { ...typeTypes, status: 'text', last_modified_timestamp: 'timestamp' }, () =>
      types().map((type) => ({ ...rows.type(type), status: type.status, last_modified_timestamp: type.modifiedAtMs })),
    ),
    mcs('tags', { ...ofTable, resource_id: 'text', tags: 'map<text, text>' }, () =>
      tables().map(({ keyspace, name, arn, tags }) => ({
        keyspace_name: keyspace,
        table_name: name,
        resource_id: arn,
        tags: Object.fromEntries(tags),
      })),
    ),
    mcs('autoscaling', { ...ofTable, settings: 'text' }, () =>
      tables().flatMap(({ keyspace, name, settings }) =>
        settings.autoScaling
          ? [{ keyspace_name: keyspace, table_name: name, settings: JSON.stringify(settings.autoScaling) }]
          : [],
      ),
    ),
    mcs('tables_history', { ...ofTable, event_time: 'timestamp' }, () => []),
  ];
}
