import { isMulticell } from '../model/cql-type.ts';
import { type Column, keyColumns, regularColumns, staticColumns, type Table } from '../model/table.ts';
import type { EncodedRow } from '../ports/table-reader.ts';

/** The columns in which whole rows of a table are read for copying, and where each is found in what comes back. */
export interface RowLayout {
  readonly table: Table;
  /** Partition key, clustering, static, regular: the order of `EncodedRow.values`. */
  readonly columns: readonly Column[];
  /** Columns whose remaining time CQL can tell; the order of `EncodedRow.ttlSeconds`. */
  readonly ttlColumns: readonly Column[];
}

/** A cell of a row that was read: null where there is no value. */
export interface ReadCell {
  readonly column: Column;
  readonly value: Buffer | null;
  /** Remaining seconds; 0: does not expire, or CQL cannot tell. */
  readonly ttlSeconds: number;
}

/** Clustering values of rows of one partition. */
export type RowKeys = readonly (readonly Buffer[])[];

export function layoutOf(table: Table): RowLayout {
  const others = [...staticColumns(table), ...regularColumns(table)];
  return {
    table,
    columns: [...keyColumns(table), ...others],
    ttlColumns: others.filter((column) => !isMulticell(column.type) && column.type.name !== 'counter'),
  };
}

/** Of a table of which no value expires: to read the remaining times costs the server and the wire, row by row. */
export function withoutTtls(layout: RowLayout): RowLayout {
  return { ...layout, ttlColumns: [] };
}

export function partitionKeyOf(layout: RowLayout, row: EncodedRow): readonly Buffer[] {
  return row.values.slice(0, layout.table.partitionKey.length) as Buffer[];
}

/** Undefined for the row that stands for a partition of static values only. */
export function clusteringOf(layout: RowLayout, row: EncodedRow): readonly Buffer[] | undefined {
  const first = layout.table.partitionKey.length;
  const values = row.values.slice(first, first + layout.table.clustering.length);
  return values.includes(null) ? undefined : (values as Buffer[]);
}

export function staticCells(layout: RowLayout, row: EncodedRow): readonly ReadCell[] {
  return cellsOfKind(layout, row, 'static');
}

export function regularCells(layout: RowLayout, row: EncodedRow): readonly ReadCell[] {
  return cellsOfKind(layout, row, 'regular');
}

function cellsOfKind(layout: RowLayout, row: EncodedRow, kind: 'static' | 'regular'): readonly ReadCell[] {
  const cells: ReadCell[] = [];
  layout.columns.forEach((column, index) => {
    if (column.kind !== kind) return;
    const ttlIndex = layout.ttlColumns.indexOf(column);
    cells.push({
      column,
      value: row.values[index] ?? null,
      ttlSeconds: ttlIndex < 0 ? 0 : (row.ttlSeconds[ttlIndex] ?? 0),
    });
  });
  return cells;
}
