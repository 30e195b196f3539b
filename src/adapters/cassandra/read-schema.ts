import type { ColumnRow, DroppedColumnRow, SchemaRows, TableRow, TypeRow } from '../../model/schema.ts';
import type { ColumnKind } from '../../model/table.ts';
import { decodeBigint, decodeBoolean, decodeInt, decodeText, decodeTextSet, decodeUuid } from './decode-cell.ts';
import { type Asker, type NamedRow, queryRows } from './query-rows.ts';

/** The keyspace's rows of system_schema; empty lists when there is no such keyspace. */
export async function readSchema(asker: Asker, keyspace: string, signal?: AbortSignal): Promise<SchemaRows> {
  const columns = 'table_name, column_name, kind, type, dropped_time';
  const [present, dropped] = await Promise.all([
    readPresentSchema(asker, keyspace, signal),
    rowsOf({ asker, keyspace, signal }, columns, 'dropped_columns'),
  ]);
  return { ...present, droppedColumns: dropped.map(droppedColumnRow) };
}

/** `readSchema` without the columns that were dropped: Amazon Keyspaces drops none, and has no list of them. */
export async function readPresentSchema(asker: Asker, keyspace: string, signal?: AbortSignal): Promise<SchemaRows> {
  const of = { asker, keyspace, signal };
  const [tables, columns, types] = await Promise.all([
    rowsOf(of, 'table_name, id, flags, cdc, default_time_to_live', 'tables'),
    rowsOf(of, 'table_name, column_name, kind, position, clustering_order, type', 'columns'),
    rowsOf(of, 'type_name, field_names, field_types', 'types'),
  ]);
  return {
    tables: tables.map(tableRow),
    columns: columns.map(columnRow),
    types: types.map(typeRow),
    droppedColumns: [],
  };
}

interface Place {
  readonly asker: Asker;
  readonly keyspace: string;
  readonly signal: AbortSignal | undefined;
}

function rowsOf({ asker, keyspace, signal }: Place, columns: string, table: string): Promise<readonly NamedRow[]> {
  const cql = `SELECT keyspace_name, ${columns} FROM system_schema.${table} WHERE keyspace_name = ?`;
  return queryRows(asker, cql, { values: [Buffer.from(keyspace)], ...(signal && { signal }) });
}

function tableRow(row: NamedRow): TableRow {
  return {
    ...placeOf(row),
    id: decodeUuid(row.id!),
    flags: decodeTextSet(row.flags!),
    // Null in tables that were made before the option existed.
    cdc: row.cdc ? decodeBoolean(row.cdc) : false,
    defaultTtlSeconds: row.default_time_to_live ? decodeInt(row.default_time_to_live) : 0,
  };
}

function columnRow(row: NamedRow): ColumnRow {
  return {
    ...placeOf(row),
    column: decodeText(row.column_name!),
    kind: decodeText(row.kind!) as ColumnKind,
    position: decodeInt(row.position!),
    clusteringOrder: decodeText(row.clustering_order!),
    type: decodeText(row.type!),
  };
}

function typeRow(row: NamedRow): TypeRow {
  return {
    keyspace: decodeText(row.keyspace_name!),
    type: decodeText(row.type_name!),
    fields: decodeTextSet(row.field_names!),
    fieldTypes: decodeTextSet(row.field_types!),
  };
}

function droppedColumnRow(row: NamedRow): DroppedColumnRow {
  return {
    ...placeOf(row),
    column: decodeText(row.column_name!),
    kind: decodeText(row.kind!) as ColumnKind,
    type: decodeText(row.type!),
    droppedTimeMs: `${decodeBigint(row.dropped_time!)}`,
  };
}

function placeOf(row: NamedRow): { keyspace: string; table: string } {
  return { keyspace: decodeText(row.keyspace_name!), table: decodeText(row.table_name!) };
}
