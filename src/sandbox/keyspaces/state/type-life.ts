import type { CqlType, ResolveUdt } from '../../../model/cql-type.ts';
import { qualifiedName } from '../../../model/table.ts';
import { createTypeDdl, dropTypeDdl } from './backing-ddl.ts';
import { throwUnlessActive } from './keyspace-life.ts';
import { conflict, invalid, notFound } from './keyspaces-error.ts';
import { throwOnFull } from './quotas.ts';
import { checkName, type Realm } from './realm.ts';
import { isUsable, type TableRecord, type TypeRecord } from './records.ts';
import { keyspaceArn } from './resource-arn.ts';
import { columnType, udtNamesIn } from './table-schema.ts';

export interface NewType {
  readonly keyspace: string;
  readonly name: string;
  readonly fields: TypeRecord['fields'];
}

const deepestNesting = 8;

export async function createType(realm: Realm, { keyspace, name, fields }: NewType): Promise<TypeRecord> {
  const { keyspace: owner, types } = realm.holding(keyspace);
  checkName(name);
  if (!isUsable(owner)) throw conflict(`Keyspace ${keyspace} is ${owner.status}.`);
  if (types.has(name)) throw conflict(`Type ${keyspace}.${name} already exists.`);
  checkFields(fields, resolveTypes(realm, keyspace));
  const count = [...realm.holdings.values()].reduce((sum, holding) => sum + holding.types.size, 0);
  throwOnFull(count, realm.parts.quotas.types, 'types');
  const type: TypeRecord = { keyspace, name, fields, status: 'CREATING', modifiedAtMs: realm.nowMs };
  await realm.run({
    statements: [createTypeDdl(qualifiedName(type), fields)],
    delayMs: realm.parts.delays.createMs,
    begin: () => put(realm, type, 'CREATING'),
    undo: () => forget(realm, type),
    done: () => put(realm, type, 'ACTIVE'),
  });
  return type;
}

/** Not while a table or another type uses it. */
export async function deleteType(realm: Realm, keyspace: string, name: string): Promise<void> {
  const type = findType(realm, keyspace, name);
  if (type.status === 'DELETING') return;
  throwUnlessActive(type);
  const users = [...referringTables(realm, type), ...parentTypes(realm, type)];
  if (users.length > 0) throw conflict(`Type ${keyspace}.${name} is used by ${users.join(', ')}.`);
  await realm.run({
    statements: [dropTypeDdl(qualifiedName(type))],
    delayMs: realm.parts.delays.deleteMs,
    begin: () => put(realm, type, 'DELETING'),
    undo: () => put(realm, type, 'ACTIVE'),
    done: () => forget(realm, type),
  });
}

export function findType(realm: Realm, keyspace: string, name: string): TypeRecord {
  const type = realm.holding(keyspace).types.get(name);
  if (!type) throw notFound(`Type ${keyspace}.${name}`, keyspaceArn(realm.parts.account, keyspace));
  return type;
}

/** Finds the keyspace's types that can be used. */
export function resolveTypes(realm: Realm, keyspace: string): ResolveUdt {
  const { types } = realm.holding(keyspace);
  return (name) => {
    const type = types.get(name);
    if (!type || !isUsable(type)) return undefined;
    return { fields: type.fields.map((field) => field.name), types: type.fields.map((field) => field.type) };
  };
}

/** Names of the tables with a column of this type. */
export function referringTables(realm: Realm, { keyspace, name }: TypeRecord): readonly string[] {
  const uses = ({ schema }: TableRecord) => schema.columns.some(({ type }) => udtNamesIn(type).has(name));
  return [...realm.holding(keyspace).tables.values()].filter(uses).map((table) => table.name);
}

/** Names of the types with a field of this type. */
export function parentTypes(realm: Realm, { keyspace, name }: TypeRecord): readonly string[] {
  const uses = ({ fields }: TypeRecord) => fields.some(({ type }) => udtNamesIn(type).has(name));
  return [...realm.holding(keyspace).types.values()].filter(uses).map((type) => type.name);
}

/** How many types are nested below this one. */
export function nestingDepth(realm: Realm, { keyspace, fields }: TypeRecord): number {
  const resolve = resolveTypes(realm, keyspace);
  return Math.max(0, ...fields.map(({ type }) => depthOf(columnType(type, resolve))));
}

function depthOf(type: CqlType): number {
  return Math.max(0, ...type.arguments.map(depthOf)) + (type.udt ? 1 : 0);
}

function checkFields(fields: TypeRecord['fields'], resolve: ResolveUdt): void {
  if (fields.length === 0) throw invalid('A type needs at least one field.');
  const names = fields.map(({ name }) => name);
  if (new Set(names).size < names.length) throw invalid('A field is named twice.');
  if (names.some((name) => name.length < 1 || name.length > 128))
    throw invalid('Field names have 1 to 128 characters.');
  const types = fields.map(({ type }) => columnType(type, resolve));
  if (types.some((type) => type.name === 'counter')) throw invalid('A field cannot be a counter.');
  if (Math.max(...types.map(depthOf)) >= deepestNesting) throw invalid(`Types nest ${deepestNesting} deep at most.`);
}

function put(realm: Realm, type: TypeRecord, status: TypeRecord['status']): void {
  const { keyspace, name } = type;
  realm.holdings.get(keyspace)?.types.set(name, { ...type, status });
  realm.tell({ kind: 'type', keyspace, name, status });
}

function forget(realm: Realm, { keyspace, name }: TypeRecord): void {
  realm.holdings.get(keyspace)?.types.delete(name);
  realm.tell({ kind: 'type', keyspace, name, status: 'GONE' });
}
