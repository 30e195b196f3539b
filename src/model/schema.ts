import { parseCqlType, type ResolveUdt } from './cql-type.ts';
import type { Column, ColumnKind, Table } from './table.ts';

/** Rows of system_schema, as much of them as decoding needs; the shape that travels in the ledger. */
export interface SchemaRows {
  readonly tables: readonly TableRow[];
  readonly columns: readonly ColumnRow[];
  readonly types: readonly TypeRow[];
  readonly droppedColumns: readonly DroppedColumnRow[];
}

export interface TableRow {
  readonly keyspace: string;
  readonly table: string;
  /** With or without dashes. */
  readonly id: string;
  readonly flags: readonly string[];
  readonly cdc: boolean;
  readonly defaultTtlSeconds: number;
}

export interface ColumnRow {
  readonly keyspace: string;
  readonly table: string;
  readonly column: string;
  readonly kind: ColumnKind;
  readonly position: number;
  readonly clusteringOrder: string;
  readonly type: string;
}

export interface TypeRow {
  readonly keyspace: string;
  readonly type: string;
  readonly fields: readonly string[];
  readonly fieldTypes: readonly string[];
}

export interface DroppedColumnRow {
  readonly keyspace: string;
  readonly table: string;
  readonly column: string;
  readonly kind: ColumnKind;
  readonly type: string;
  /** Milliseconds since 1970 as decimal text: system tables carry values beyond a JavaScript date. */
  readonly droppedTimeMs: string;
}

/** All tables of the rows, in the order of keyspace and name. */
export function tablesOf(rows: SchemaRows): readonly Table[] {
  return rows.tables
    .map((row) => tableOf(row, rows))
    .sort((a, b) => compareText(a.keyspace, b.keyspace) || compareText(a.name, b.name));
}

function tableOf(row: TableRow, rows: SchemaRows): Table {
  const resolveUdt = udtResolver(row.keyspace, rows.types);
  const isOfTable = (other: { keyspace: string; table: string }) =>
    other.keyspace === row.keyspace && other.table === row.table;
  const columns = rows.columns.filter(isOfTable).map((column) => columnOf(column, resolveUdt));
  const dropped = rows.droppedColumns.filter(isOfTable).map((column) => droppedColumnOf(column, resolveUdt));
  return {
    keyspace: row.keyspace,
    name: row.table,
    id: row.id.replaceAll('-', '').toLowerCase(),
    isCounter: row.flags.includes('counter'),
    hasCdc: row.cdc,
    defaultTtlSeconds: row.defaultTtlSeconds,
    partitionKey: ofKind(columns, 'partition_key').sort((a, b) => a.position - b.position),
    clustering: ofKind(columns, 'clustering').sort((a, b) => a.position - b.position),
    columns: byName(columns.filter((column) => column.kind === 'static' || column.kind === 'regular')),
    dropped: byName(dropped),
  };
}

function udtResolver(keyspace: string, types: readonly TypeRow[]): ResolveUdt {
  return (name) => {
    const row = types.find((type) => type.keyspace === keyspace && type.type === name);
    return row && { fields: row.fields, types: row.fieldTypes };
  };
}

function columnOf(row: ColumnRow, resolveUdt: ResolveUdt): Column {
  return {
    name: row.column,
    kind: row.kind,
    position: row.position,
    type: parseCqlType(row.type, resolveUdt),
    isReversed: row.clusteringOrder.toLowerCase() === 'desc',
  };
}

function droppedColumnOf(row: DroppedColumnRow, resolveUdt: ResolveUdt): Column {
  return {
    name: row.column,
    kind: row.kind,
    position: -1,
    type: parseCqlType(row.type, resolveUdt),
    isReversed: false,
    droppedAtMicros: BigInt(row.droppedTimeMs) * 1000n,
  };
}

function ofKind(columns: readonly Column[], kind: ColumnKind): Column[] {
  return columns.filter((column) => column.kind === kind);
}

function byName(columns: readonly Column[]): ReadonlyMap<string, Column> {
  return new Map([...columns].sort((a, b) => compareText(a.name, b.name)).map((column) => [column.name, column]));
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
