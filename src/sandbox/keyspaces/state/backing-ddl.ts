import { quoteName } from '../../../model/table.ts';
import type { ColumnDefinition, TableSchema } from './table-schema.ts';
import type { TableSettings } from './table-settings.ts';

/** What must happen on the Cassandra behind the stand-in. */
export interface BackingSchema {
  /** Resolves once the statement is in force there; rejects with a KeyspacesError for what Cassandra will not have. */
  execute(ddl: string): Promise<void>;
}

/** `replication` is the backing cluster's, as CQL writes the map: Keyspaces' own says nothing about it. */
export function createKeyspaceDdl(name: string, replication: string): string {
  return `CREATE KEYSPACE IF NOT EXISTS ${quoteName(name)} WITH replication = ${replication}`;
}

export function dropKeyspaceDdl(name: string): string {
  return `DROP KEYSPACE IF EXISTS ${quoteName(name)}`;
}

export function createTableDdl(table: string, schema: TableSchema, settings: TableSettings): string {
  const columns = schema.columns.map(columnText);
  const options = [...clusteringOrder(schema), ...settingsOptions(settings)];
  const body = [...columns, `PRIMARY KEY ${keyText(schema)}`].join(', ');
  return `CREATE TABLE IF NOT EXISTS ${table} (${body})${options.length > 0 ? ` WITH ${options.join(' AND ')}` : ''}`;
}

export function addColumnsDdl(table: string, columns: readonly ColumnDefinition[]): string {
  return `ALTER TABLE ${table} ADD ${columns.length === 1 ? columnText(columns[0]!) : `(${columns.map(columnText).join(', ')})`}`;
}

/** The part of a change that Cassandra has too; empty when it has none. */
export function settingsDdl(table: string, before: TableSettings, after: TableSettings): readonly string[] {
  const isSame = before.defaultTimeToLive === after.defaultTimeToLive && before.comment === after.comment;
  return isSame ? [] : [`ALTER TABLE ${table} WITH ${allSettingsOptions(after).join(' AND ')}`];
}

export function dropTableDdl(table: string): string {
  return `DROP TABLE IF EXISTS ${table}`;
}

export function createTypeDdl(
  type: string,
  fields: readonly { readonly name: string; readonly type: string }[],
): string {
  return `CREATE TYPE IF NOT EXISTS ${type} (${fields.map((field) => `${quoteName(field.name)} ${field.type}`).join(', ')})`;
}

export function dropTypeDdl(type: string): string {
  return `DROP TYPE IF EXISTS ${type}`;
}

function columnText({ name, type, isStatic }: ColumnDefinition): string {
  return `${quoteName(name)} ${type}${isStatic ? ' static' : ''}`;
}

function keyText({ partitionKey, clustering }: TableSchema): string {
  const clusteringNames = clustering.map(({ name }) => `, ${quoteName(name)}`).join('');
  return `((${partitionKey.map(quoteName).join(', ')})${clusteringNames})`;
}

function clusteringOrder({ clustering }: TableSchema): readonly string[] {
  if (clustering.length === 0) return [];
  const order = clustering.map(({ name, isDescending }) => `${quoteName(name)} ${isDescending ? 'DESC' : 'ASC'}`);
  return [`CLUSTERING ORDER BY (${order.join(', ')})`];
}

function settingsOptions(settings: TableSettings): readonly string[] {
  return settings.defaultTimeToLive > 0 || settings.comment !== '' ? allSettingsOptions(settings) : [];
}

function allSettingsOptions({ defaultTimeToLive, comment }: TableSettings): readonly string[] {
  return [`default_time_to_live = ${defaultTimeToLive}`, `comment = '${comment.replaceAll("'", "''")}'`];
}
