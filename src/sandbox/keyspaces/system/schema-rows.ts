import { cqlTypeText } from '../../../model/cql-type.ts';
import type { KeyspacesState } from '../keyspaces-state.ts';
import type { KeyspaceRecord, TableRecord, TypeRecord } from '../state/records.ts';
import { columnType } from '../state/table-schema.ts';
import { uuidOf } from './local-tables.ts';
import type { SystemValue } from './system-type.ts';

type Row = Readonly<Record<string, SystemValue>>;

/** Rows of system tables from what the account has. Options that Keyspaces ignores show Cassandra's defaults. */
export function schemaRows(state: KeyspacesState) {
  return {
    keyspace: keyspaceRow,
    table: tableRow,
    managed: managedRow,
    type: typeRow,
    columns: (table: TableRecord): readonly Row[] => columnRows(state, table),
  };
}

function keyspaceRow({ name, replication }: KeyspaceRecord): Row {
  const regions = replication.strategy === 'MULTI_REGION' ? replication.regions : undefined;
  const shown = regions
    ? {
        class: 'org.apache.cassandra.locator.NetworkTopologyStrategy',
        ...Object.fromEntries(regions.map((region) => [region, '3'])),
      }
    : { class: 'org.apache.cassandra.locator.SimpleStrategy', replication_factor: '3' };
  return { keyspace_name: name, durable_writes: true, replication: shown };
}

function tableRow({ keyspace, name, arn, settings, schema, createdAtMs }: TableRecord): Row {
  const isCounter = schema.columns.some(({ type }) => type === 'counter');
  return {
    keyspace_name: keyspace,
    table_name: name,
    bloom_filter_fp_chance: 0.01,
    caching: { class: 'com.amazonaws.cassandra.DefaultCaching' },
    cdc: settings.cdc !== undefined,
    comment: settings.comment,
    compaction: { class: 'com.amazonaws.cassandra.DefaultCompaction' },
    compression: { class: 'com.amazonaws.cassandra.DefaultCompression' },
    crc_check_chance: 1,
    dclocal_read_repair_chance: 0,
    default_time_to_live: settings.defaultTimeToLive,
    extensions: {},
    flags: isCounter ? ['compound', 'counter'] : ['compound'],
    gc_grace_seconds: 7_776_000,
    id: uuidOf(`${arn} ${createdAtMs}`),
    max_index_interval: 2_048,
    memtable_flush_period_in_ms: 3_600_000,
    min_index_interval: 128,
    read_repair_chance: 0,
    speculative_retry: '99PERCENTILE',
  };
}

function managedRow({ settings, status, stream, createdAtMs }: TableRecord): Row {
  return {
    status,
    creation_time: createdAtMs,
    latest_stream_arn: stream?.arn ?? null,
    cdc_specification: settings.cdc ? { view_type: settings.cdc.viewType } : null,
    custom_properties: customProperties(settings),
  };
}

/** Values as JSON text. */
function customProperties(settings: TableRecord['settings']): Readonly<Record<string, string>> {
  const { capacity, encryption, warmThroughput } = settings;
  const units =
    capacity.mode === 'PROVISIONED'
      ? { read_capacity_units: capacity.readUnits, write_capacity_units: capacity.writeUnits }
      : {};
  const properties = {
    capacity_mode: { throughput_mode: capacity.mode, ...units },
    client_side_timestamps: { status: statusOf(settings.clientSideTimestamps) },
    encryption_specification: {
      encryption_type: encryption.type,
      ...('kmsKeyIdentifier' in encryption && { kms_key_identifier: encryption.kmsKeyIdentifier }),
    },
    point_in_time_recovery: { status: statusOf(settings.pointInTimeRecovery) },
    ttl: { status: statusOf(settings.ttl) },
    warm_throughput: {
      read_units_per_second: warmThroughput.readUnitsPerSecond,
      write_units_per_second: warmThroughput.writeUnitsPerSecond,
    },
  };
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, JSON.stringify(value)]));
}

function statusOf(isEnabled: boolean): 'enabled' | 'disabled' {
  return isEnabled ? 'enabled' : 'disabled';
}

function columnRows(state: KeyspacesState, { keyspace, name, schema }: TableRecord): readonly Row[] {
  const resolve = state.resolveTypes(keyspace);
  return schema.columns.map((column) => {
    const clustering = schema.clustering.findIndex((key) => key.name === column.name);
    const partition = schema.partitionKey.indexOf(column.name);
    return {
      keyspace_name: keyspace,
      table_name: name,
      column_name: column.name,
      clustering_order: clustering < 0 ? 'none' : schema.clustering[clustering]!.isDescending ? 'desc' : 'asc',
      column_name_bytes: Buffer.from(column.name),
      kind: partition >= 0 ? 'partition_key' : clustering >= 0 ? 'clustering' : column.isStatic ? 'static' : 'regular',
      position: partition >= 0 ? partition : clustering,
      // As Cassandra normalises it: drivers read the text again.
      type: cqlTypeText(columnType(column.type, resolve)),
    };
  });
}

function typeRow({ keyspace, name, fields }: TypeRecord): Row {
  return {
    keyspace_name: keyspace,
    type_name: name,
    field_names: fields.map((field) => field.name),
    field_types: fields.map((field) => field.type),
  };
}
