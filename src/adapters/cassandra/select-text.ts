import { type Column, qualifiedName, quoteName, type Table } from '../../model/table.ts';

export interface Selection {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly ttlColumns?: readonly Column[];
  readonly writeTimeColumns?: readonly Column[];
}

/** Every row of the table. */
export function selectText(
  { table, columns, ttlColumns = [], writeTimeColumns = [] }: Selection,
  keyspace: string,
): string {
  const selectors = [
    ...columns.map((column) => quoteName(column.name)),
    ...ttlColumns.map((column) => `TTL(${quoteName(column.name)})`),
    ...writeTimeColumns.map((column) => `WRITETIME(${quoteName(column.name)})`),
  ];
  return `SELECT ${selectors.join(', ')} FROM ${qualifiedName(table, keyspace)}`;
}

/** Rows with a token in (?, ?]. Values first, then TTLs, then write times. */
export function selectRangeText(selection: Selection, keyspace: string): string {
  return `${selectText(selection, keyspace)} WHERE ${inRange(selection.table)}`;
}

/** Keys of partitions with a token in (?, ?], each once. */
export function selectKeysText(table: Table, keyspace: string): string {
  return `SELECT DISTINCT ${partitionKeyText(table)} FROM ${qualifiedName(table, keyspace)} WHERE ${inRange(table)}`;
}

function inRange(table: Table): string {
  const token = `token(${partitionKeyText(table)})`;
  return `${token} > ? AND ${token} <= ?`;
}

function partitionKeyText({ partitionKey }: Table): string {
  return partitionKey.map((column) => quoteName(column.name)).join(', ');
}

/**
 * Rows of one partition under the first `clusteringCount` clustering columns, a value bound for each key column; with
 * `isBehind` only those behind a value of the next clustering column, bound last, in the table's order.
 */
export function selectPartitionText(
  selection: Selection,
  { clusteringCount, isBehind }: { readonly clusteringCount: number; readonly isBehind: boolean },
  keyspace: string,
): string {
  const { partitionKey, clustering } = selection.table;
  const conditions = [...partitionKey, ...clustering.slice(0, clusteringCount)].map(
    ({ name }) => `${quoteName(name)} = ?`,
  );
  const next = isBehind ? clustering[clusteringCount]! : undefined;
  if (next) conditions.push(`${quoteName(next.name)} ${next.isReversed ? '<' : '>'} ?`);
  return `${selectText(selection, keyspace)} WHERE ${conditions.join(' AND ')}`;
}
