import type { Client, types } from 'cassandra-driver';
import type { SeenRow } from './compare-rows.ts';
import { valueText } from './row-value.ts';

export interface ReadTable {
  readonly name: string;
  readonly keyColumns: readonly string[];
  readonly partitionKey: readonly string[];
  readonly columns: readonly string[];
  /** Collections that are not frozen are many cells, whose expiry CQL does not tell. */
  readonly ttlColumns: readonly string[];
}

export interface KeyedRow {
  readonly keyText: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly row: SeenRow;
}

/** From this token up to and with that one. */
export interface Stretch {
  readonly after: bigint;
  readonly upTo: bigint;
}

/** The tables of a keyspace as the server describes them. */
export async function readTables(client: Client, keyspace: string): Promise<readonly ReadTable[]> {
  const query =
    'SELECT table_name, column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ?';
  const { rows } = await client.execute(query, [keyspace]);
  const names = [...new Set(rows.map((row) => row.table_name as string))].sort();
  return names.map((name) =>
    describe(
      name,
      rows.filter((row) => row.table_name === name),
    ),
  );
}

function describe(name: string, rows: readonly types.Row[]): ReadTable {
  const ofKind = (kind: string) =>
    rows
      .filter((row) => row.kind === kind)
      .sort((a, b) => a.position - b.position)
      .map((row) => row.column_name as string);
  const partitionKey = ofKind('partition_key');
  const keyColumns = [...partitionKey, ...ofKind('clustering')];
  const others = rows.filter((row) => !keyColumns.includes(row.column_name));
  return {
    name,
    partitionKey,
    keyColumns,
    columns: others.map((row) => row.column_name),
    ttlColumns: others.filter((row) => isOneCell(row.type)).map((row) => row.column_name),
  };
}

function isOneCell(type: string): boolean {
  return simpleTypes.includes(type) || /^(frozen|tuple|vector)</.test(type);
}

const simpleTypes = [
  ...['ascii', 'bigint', 'blob', 'boolean', 'date', 'decimal', 'double', 'duration', 'float', 'inet', 'int'],
  ...['smallint', 'text', 'time', 'timestamp', 'timeuuid', 'tinyint', 'uuid', 'varchar', 'varint'],
];

export async function* readStretch(client: Client, table: ReadTable, stretch: Stretch): AsyncGenerator<KeyedRow> {
  const token = `token(${table.partitionKey.join(', ')})`;
  const query = `${selectOf(table)} WHERE ${token} > ? AND ${token} <= ?`;
  const bounds = [String(stretch.after), String(stretch.upTo)];
  const result = await client.execute(query, bounds, { prepare: true, fetchSize: 2000 });
  for await (const row of result) yield keyedRow(table, row);
}

/** Reads one key again; undefined when it is not there. */
export async function readKey(client: Client, table: ReadTable, key: KeyedRow['key']): Promise<SeenRow | undefined> {
  // A partition of statics alone has no clustering; its row is the one without.
  const named = table.keyColumns.filter((column) => key[column] !== null);
  const query = `${selectOf(table)} WHERE ${named.map((column) => `${column} = ?`).join(' AND ')}`;
  const result = await client.execute(
    query,
    named.map((column) => key[column]),
    { prepare: true },
  );
  const wanted = keyTextOf(table, key);
  return result.rows.map((row) => keyedRow(table, row)).find(({ keyText }) => keyText === wanted)?.row;
}

function selectOf(table: ReadTable): string {
  const ttls = table.ttlColumns.map((column) => `TTL(${column}) AS ${ttlName(column)}`);
  return `SELECT ${[...table.keyColumns, ...table.columns, ...ttls].join(', ')} FROM ${table.name}`;
}

function keyedRow(table: ReadTable, row: types.Row): KeyedRow {
  const key = Object.fromEntries(table.keyColumns.map((column) => [column, row[column]]));
  const seen = {
    values: Object.fromEntries(table.columns.map((column) => [column, valueText(row[column])])),
    ttlSeconds: Object.fromEntries(table.ttlColumns.map((column) => [column, row[ttlName(column)] ?? undefined])),
  };
  return { keyText: keyTextOf(table, key), key, row: seen };
}

function keyTextOf(table: ReadTable, key: KeyedRow['key']): string {
  return table.keyColumns.map((column) => valueText(key[column])).join(' ');
}

function ttlName(column: string): string {
  return `ttl_of_${column}`;
}
