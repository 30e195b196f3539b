import type { Config } from '../config/config.ts';
import { type CqlType, cqlTypeText, parseCqlType } from '../model/cql-type.ts';
import type { SchemaRows, TypeRow } from '../model/schema.ts';
import { type Column, keyColumns, qualifiedName, quoteName, type Table } from '../model/table.ts';
import type { DefinedTable, DefinedType, TargetDefinition } from '../model/target-definition.ts';
import { customProperties } from './custom-properties.ts';
import { keyspaceDefinition } from './target-keyspace.ts';

/** What the target must have to take these tables, in an order in which it can be created. */
export function targetDefinitions(
  tables: readonly Table[],
  schema: SchemaRows,
  { target }: Config,
): readonly TargetDefinition[] {
  const keyspace = keyspaceDefinition(target);
  return [
    ...(keyspace ? [keyspace] : []),
    ...neededTypes(tables, schema.types).map((type) => typeDefinition(type, schema, target.keyspace)),
    ...tables.map((table) => tableDefinition(table, target)),
  ];
}

function tableDefinition(table: Table, target: Config['target']): DefinedTable {
  const columns = [...keyColumns(table), ...table.columns.values()];
  const settings = target.kind === 'keyspaces' ? target.settings : undefined;
  return {
    kind: 'table',
    name: table.name,
    columns: columns.map(({ name, type }) => ({ name, type: cqlTypeText(type) })),
    partitionKey: table.partitionKey.map(({ name }) => name),
    clustering: table.clustering.map(({ name, isReversed }) => ({ name, isReversed })),
    statics: columns.filter(({ kind }) => kind === 'static').map(({ name }) => name),
    defaultTtlSeconds: table.defaultTtlSeconds,
    settings,
    cql: createTable(table, target.keyspace, settings ? customProperties(settings, table.isCounter) : []),
  };
}

function createTable(table: Table, keyspace: string, more: readonly string[]): string {
  const columns = [...keyColumns(table), ...table.columns.values()].map(
    (column) => `${quoteName(column.name)} ${cqlTypeText(column.type)}${column.kind === 'static' ? ' STATIC' : ''}`,
  );
  const partitionKey = table.partitionKey.map((column) => quoteName(column.name)).join(', ');
  const clustering = table.clustering.map((column) => `, ${quoteName(column.name)}`).join('');
  const options = [
    ...(table.clustering.length > 0 ? [`CLUSTERING ORDER BY (${table.clustering.map(orderText).join(', ')})`] : []),
    ...(table.defaultTtlSeconds > 0 ? [`default_time_to_live = ${table.defaultTtlSeconds}`] : []),
    ...more,
  ];
  return `CREATE TABLE IF NOT EXISTS ${qualifiedName(table, keyspace)} (${columns.join(', ')}, PRIMARY KEY ((${partitionKey})${clustering}))${options.length > 0 ? ` WITH ${options.join(' AND ')}` : ''}`;
}

function orderText(column: Column): string {
  return `${quoteName(column.name)} ${column.isReversed ? 'DESC' : 'ASC'}`;
}

function typeDefinition(row: TypeRow, schema: SchemaRows, keyspace: string): DefinedType {
  const resolve = (name: string) => {
    const type = schema.types.find((other) => other.keyspace === row.keyspace && other.type === name);
    return type && { fields: type.fields, types: type.fieldTypes };
  };
  const fields = row.fields.map((name, index) => ({
    name,
    type: cqlTypeText(parseCqlType(row.fieldTypes[index]!, resolve)),
  }));
  const text = fields.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ');
  const cql = `CREATE TYPE IF NOT EXISTS ${qualifiedName({ keyspace, name: row.type })} (${text})`;
  return { kind: 'type', name: row.type, fields, cql };
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
