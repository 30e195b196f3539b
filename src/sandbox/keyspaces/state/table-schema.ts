import { type CqlType, parseCqlType, type ResolveUdt } from '../../../model/cql-type.ts';
import { invalid } from './keyspaces-error.ts';

export interface ColumnDefinition {
  readonly name: string;
  /** As CQL writes it. */
  readonly type: string;
  readonly isStatic: boolean;
}

export interface TableSchema {
  readonly columns: readonly ColumnDefinition[];
  readonly partitionKey: readonly string[];
  readonly clustering: readonly { readonly name: string; readonly isDescending: boolean }[];
}

/** Throws KeyspacesError for a table that Keyspaces would not create. */
export function checkSchema(schema: TableSchema, resolveUdt: ResolveUdt): void {
  if (schema.partitionKey.length === 0) throw invalid('A table needs at least one partition key column.');
  throwOnRepeated(schema.columns.map(({ name }) => name));
  throwOnRepeated(keyNames(schema));
  for (const name of keyNames(schema)) checkKeyColumn(schema, name, resolveUdt);
  checkColumns(schema, schema.columns, resolveUdt);
}

/** Throws KeyspacesError for columns that cannot be added to the table. */
export function checkAddedColumns(
  schema: TableSchema,
  added: readonly ColumnDefinition[],
  resolveUdt: ResolveUdt,
): void {
  if (added.length === 0) throw invalid('No columns to add.');
  throwOnRepeated(added.map(({ name }) => name));
  const present = added.find(({ name }) => schema.columns.some((column) => column.name === name));
  // In the words of Cassandra (AlterTableStatement): by them a client knows that it has added it before.
  if (present) throw invalid(`Column with name '${present.name}' already exists`);
  checkColumns({ ...schema, columns: [...schema.columns, ...added] }, added, resolveUdt);
}

/** A type's text understood, or KeyspacesError. */
export function columnType(text: string, resolveUdt: ResolveUdt): CqlType {
  const type = parsedType(text, resolveUdt);
  if (holds(type, (inner) => inner.name === 'duration')) throw invalid('The duration type is not supported.');
  if (holds(type, ({ name }) => ['custom', 'empty', 'vector'].includes(name))) throw invalid(`Unknown type ${text}.`);
  return type;
}

/** Names of the user-defined types in a type's text, those of nested ones left out. */
export function udtNamesIn(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  parseCqlType(text, (name) => {
    names.add(name);
    return { fields: [], types: [] };
  });
  return names;
}

function checkColumns(schema: TableSchema, checked: readonly ColumnDefinition[], resolveUdt: ResolveUdt): void {
  for (const column of checked) {
    const type = columnType(column.type, resolveUdt);
    if (column.isStatic && schema.clustering.length === 0)
      throw invalid(`Static column ${column.name} needs a clustering key.`);
    if (column.isStatic && keyNames(schema).includes(column.name))
      throw invalid(`Column ${column.name} is part of the primary key and cannot be static.`);
    if (type.name === 'counter') checkCounters(schema);
  }
}

function checkKeyColumn(schema: TableSchema, name: string, resolveUdt: ResolveUdt): void {
  const column = schema.columns.find((other) => other.name === name);
  if (!column) throw invalid(`Key column ${name} is not among the columns.`);
  const type = columnType(column.type, resolveUdt);
  if (type.name === 'counter') throw invalid(`Counter column ${name} cannot be part of the primary key.`);
  if (!type.isFrozen && type.arguments.length > 0) throw invalid(`Key column ${name} must be frozen.`);
}

function checkCounters(schema: TableSchema): void {
  const keys = keyNames(schema);
  const others = schema.columns.filter(({ name }) => !keys.includes(name));
  if (others.some(({ type }) => type.trim().toLowerCase() !== 'counter'))
    throw invalid('Counter and other columns cannot be in one table.');
}

function keyNames({ partitionKey, clustering }: TableSchema): readonly string[] {
  return [...partitionKey, ...clustering.map(({ name }) => name)];
}

function throwOnRepeated(names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw invalid(`Column ${repeated} is named twice.`);
}

function parsedType(text: string, resolveUdt: ResolveUdt): CqlType {
  try {
    return parseCqlType(text, resolveUdt);
  } catch (cause) {
    throw invalid((cause as Error).message, cause);
  }
}

function holds(type: CqlType, isWanted: (type: CqlType) => boolean): boolean {
  return isWanted(type) || type.arguments.some((inner) => holds(inner, isWanted));
}
