import { type Column, qualifiedName, quoteName, type Table } from '../../model/table.ts';

export interface Selection {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly ttlColumns?: readonly Column[];
  readonly writeTimeColumns?: readonly Column[];
}

/** Rows with a token in (?, ?]. Values first, then TTLs, then write times. */
export function selectRangeText(selection: Selection, keyspace: string): string {
  const token = `token(${selection.table.partitionKey.map((column) => quoteName(column.name)).join(', ')})`;
  return `${selectText(selection, keyspace)} WHERE ${token} > ? AND ${token} <= ?`;
}

/** Rows of one partition under the first `clusteringCount` clustering columns, a value bound for each key column. */
export function selectPartitionText(selection: Selection, clusteringCount: number, keyspace: string): string {
  const bound = [...selection.table.partitionKey, ...selection.table.clustering.slice(0, clusteringCount)];
  const conditions = bound.map((column) => `${quoteName(column.name)} = ?`);
  return `${selectText(selection, keyspace)} WHERE ${conditions.join(' AND ')}`;
}

function selectText({ table, columns, ttlColumns = [], writeTimeColumns = [] }: Selection, keyspace: string): string {
  const selectors = [
    ...columns.map((column) => quoteName(column.name)),
    ...ttlColumns.map((column) => `TTL(${quoteName(column.name)})`),
    ...writeTimeColumns.map((column) => `WRITETIME(${quoteName(column.name)})`),
  ];
  return `SELECT ${selectors.join(', ')} FROM ${qualifiedName(table, keyspace)}`;
}
