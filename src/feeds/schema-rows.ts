import type { ColumnRow, DroppedColumnRow, SchemaRows, TableRow, TypeRow } from '../model/schema.ts';
import type { ColumnKind } from '../model/table.ts';
import type { RowPath, VisibleRow } from './last-write-wins.ts';
import type { SchemaValue } from './schema-value.ts';

export const sectionNames = ['tables', 'columns', 'types', 'droppedColumns'] as const;
export type SectionName = (typeof sectionNames)[number];

/** Rows of a read as the store keeps them: by path, cells named as in system_schema. */
export function storedRows(rows: SchemaRows, name: SectionName): readonly VisibleRow[] {
  switch (name) {
    case 'tables':
      return rows.tables.map((row) =>
        stored([row.keyspace, row.table], {
          id: row.id.replaceAll('-', '').toLowerCase(),
          flags: row.flags,
          cdc: row.cdc,
          default_time_to_live: row.defaultTtlSeconds,
        }),
      );
    case 'columns':
      return rows.columns.map(({ keyspace, table, column, kind, position, clusteringOrder, type }) =>
        stored([keyspace, table, column], { kind, position, clustering_order: clusteringOrder, type }),
      );
    case 'types':
      return rows.types.map((row) =>
        stored([row.keyspace, row.type], { field_names: row.fields, field_types: row.fieldTypes }),
      );
    case 'droppedColumns':
      return rows.droppedColumns.map(({ keyspace, table, column, kind, type, droppedTimeMs }) =>
        stored([keyspace, table, column], { kind, type, dropped_time: BigInt(droppedTimeMs) }),
      );
  }
}

/** The inverse: what the store shows, as rows of a read. */
export function schemaRows(visibleRows: (name: SectionName) => readonly VisibleRow[]): SchemaRows {
  return {
    tables: visibleRows('tables').map(tableRow),
    columns: visibleRows('columns').map(columnRow),
    types: visibleRows('types').map(typeRow),
    droppedColumns: visibleRows('droppedColumns').map(droppedColumnRow),
  };
}

/** All rows of several reads, of keyspaces of their own. */
export function mergeSchemaRows(parts: readonly SchemaRows[]): SchemaRows {
  return {
    tables: parts.flatMap((part) => part.tables),
    columns: parts.flatMap((part) => part.columns),
    types: parts.flatMap((part) => part.types),
    droppedColumns: parts.flatMap((part) => part.droppedColumns),
  };
}

function stored(path: RowPath, cells: Readonly<Record<string, SchemaValue>>): VisibleRow {
  return { path, cells: new Map(Object.entries(cells)) };
}

function tableRow({ path, cells }: VisibleRow): TableRow {
  return {
    keyspace: path[0],
    table: path[1]!,
    id: textOf(cells.get('id')),
    flags: textsOf(cells.get('flags')),
    cdc: cells.get('cdc') === true,
    defaultTtlSeconds: Number(cells.get('default_time_to_live') ?? 0),
  };
}

function columnRow({ path, cells }: VisibleRow): ColumnRow {
  return {
    keyspace: path[0],
    table: path[1]!,
    column: path[2]!,
    kind: textOf(cells.get('kind')) as ColumnKind,
    position: Number(cells.get('position') ?? -1),
    clusteringOrder: textOf(cells.get('clustering_order')),
    type: textOf(cells.get('type')),
  };
}

function typeRow({ path, cells }: VisibleRow): TypeRow {
  return {
    keyspace: path[0],
    type: path[1]!,
    fields: textsOf(cells.get('field_names')),
    fieldTypes: textsOf(cells.get('field_types')),
  };
}

function droppedColumnRow({ path, cells }: VisibleRow): DroppedColumnRow {
  return {
    keyspace: path[0],
    table: path[1]!,
    column: path[2]!,
    kind: textOf(cells.get('kind')) as ColumnKind,
    type: textOf(cells.get('type')),
    droppedTimeMs: String(cells.get('dropped_time') ?? 0),
  };
}

function textOf(value: SchemaValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textsOf(value: SchemaValue | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}
