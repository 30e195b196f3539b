import { type CqlType, cqlTypeText, parseCqlType } from '../model/cql-type.ts';
import type { SchemaRows, TypeRow } from '../model/schema.ts';
import { keyColumns, qualifiedName, quoteName, type Table } from '../model/table.ts';

/** The statements that create in the target what the source has, in an order in which they can be run. */
export function targetDdl(tables: readonly Table[], schema: SchemaRows, keyspace: string): readonly string[] {
  const types = neededTypes(tables, schema.types);
  return [
    ...types.map((type) => createType(type, schema, keyspace)),
    ...tables.map((table) => createTable(table, keyspace)),
  ];
}

export function createKeyspace(keyspace: string, replication: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(replication).map(([key, value]) => `'${key}': '${value}'`);
  return `CREATE KEYSPACE IF NOT EXISTS ${quoteName(keyspace)} WITH replication = {${pairs.join(', ')}}`;
}

function createTable(table: Table, keyspace: string): string {
  const columns = [...keyColumns(table), ...table.columns.values()].map(
    (column) => `${quoteName(column.name)} ${cqlTypeText(column.type)}${column.kind === 'static' ? ' STATIC' : ''}`,
  );
  const partitionKey = table.partitionKey.map((column) => quoteName(column.name)).join(', ');
  const clustering = table.clustering.map((column) => `, ${quoteName(column.name)}`).join('');
  const options = [
    ...(table.clustering.length > 0 ? [`CLUSTERING ORDER BY (${table.clustering.map(orderText).join(', ')})`] : []),
    ...(table.defaultTtlSeconds > 0 ? [`default_time_to_live = ${table.defaultTtlSeconds}`] : []),
  ];
  return `CREATE TABLE IF NOT EXISTS ${qualifiedName(table, keyspace)} (${columns.join(', ')}, PRIMARY KEY ((${partitionKey})${clustering}))${options.length > 0 ? ` WITH ${options.join(' AND ')}` : ''}`;
}

function orderText(column: { readonly name: string; readonly isReversed: boolean }): string {
  return `${quoteName(column.name)} ${column.isReversed ? 'DESC' : 'ASC'}`;
}

function createType(row: TypeRow, schema: SchemaRows, keyspace: string): string {
  const resolve = (name: string) => {
    const type = schema.types.find((other) => other.keyspace === row.keyspace && other.type === name);
    return type && { fields: type.fields, types: type.fieldTypes };
  };
  const fields = row.fields.map(
    (field, index) => `${quoteName(field)} ${cqlTypeText(parseCqlType(row.fieldTypes[index]!, resolve))}`,
  );
  return `CREATE TYPE IF NOT EXISTS ${qualifiedName({ keyspace, name: row.type })} (${fields.join(', ')})`;
}

/** User-defined types that the tables use, inner ones first. */
function neededTypes(tables: readonly Table[], types: readonly TypeRow[]): readonly TypeRow[] {
  const names = new Set<string>();
  const visit = (type: CqlType): void => {
    for (const inner of type.arguments) visit(inner);
    if (type.udt) names.add(type.udt.name);
  };
  for (const table of tables)
    for (const column of [...keyColumns(table), ...table.columns.values()]) visit(column.type);
  const keyspace = tables[0]?.keyspace;
  return [...names].flatMap((name) => types.filter((type) => type.keyspace === keyspace && type.type === name));
}
