import type { CreateTable, Definition, Options, TableChange } from '../cql/statement.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import type { Session } from '../engine/session.ts';
import { schemaChangeAnswer, voidAnswer } from '../protocol/response-body.ts';
import { RuleRefusal } from '../rule-book.ts';
import type { TableSchema } from '../state/table-schema.ts';
import { alreadyExists } from './already-exists.ts';
import { inUse } from './in-use.ts';
import { unknownKeyspace } from './run-keyspace-definition.ts';
import { mapOf, settingsOf, tagsOf } from './table-options.ts';
import { throwOnDuration } from './throw-on-duration.ts';

type TableDefinition = Extract<Definition, { kind: 'create table' | 'alter table' | 'drop table' | 'restore table' }>;

interface Place {
  readonly engine: Engine;
  readonly keyspace: string;
  readonly name: string;
}

export async function runTableDefinition(
  engine: Engine,
  session: Session,
  definition: TableDefinition,
): Promise<Reply> {
  const keyspace = inUse(definition.table, session);
  if (!engine.state.keyspace(keyspace)) throw unknownKeyspace(keyspace);
  const place = { engine, keyspace, name: definition.table.name };
  switch (definition.kind) {
    case 'create table':
      return create(place, definition);
    case 'alter table':
      return alter(place, definition.change);
    case 'drop table':
      return drop(place, definition.ifExists);
    case 'restore table':
      return restore(place, { ...definition.source, keyspace: inUse(definition.source, session) }, definition.options);
  }
}

async function create({ engine, keyspace, name }: Place, definition: CreateTable): Promise<Reply> {
  const { rules, state } = engine;
  if (state.table(keyspace, name)) return alreadyExists(definition.ifNotExists, keyspace, name);
  throwOnDuration(rules, definition.columns);
  const settings = settingsOf(rules, definition.options);
  if (settings.defaultTimeToLive && !settings.ttl) rules.refuse('ttl-disabled');
  await state.createTable({
    keyspace,
    name,
    schema: schemaOf(definition),
    settings,
    tags: tagsOf(definition.options.tags),
  });
  return changed('CREATED', keyspace, name);
}

function schemaOf({ columns, partitionKey, clusteringKey, clusteringOrder }: CreateTable): TableSchema {
  const clustering = clusteringKey.map((name) => ({
    name,
    isDescending: clusteringOrder.find((order) => order.column === name)?.isDescending ?? false,
  }));
  return { columns, partitionKey, clustering };
}

async function alter({ engine, keyspace, name }: Place, change: TableChange): Promise<Reply> {
  const { rules, state } = engine;
  const { record } = engine.tables.find(keyspace, name);
  switch (change.kind) {
    case 'add':
      throwOnDuration(rules, change.columns);
      await state.addColumns(keyspace, name, change.columns);
      break;
    case 'add tags':
      state.tag(record.arn, tagsOf(change.tags));
      break;
    case 'drop tags':
      state.untag(record.arn, [...tagsOf(change.tags).keys()]);
      break;
    case 'with':
      await alterSettings({ engine, keyspace, name }, change.options);
      break;
    default:
      throw new RuleRefusal('alter-restrictions', 0x2200, `ALTER TABLE ${change.kind.toUpperCase()} is not supported.`);
  }
  return changed('UPDATED', keyspace, name);
}

async function alterSettings({ engine, keyspace, name }: Place, options: Options): Promise<void> {
  const { rules, state } = engine;
  if (Object.keys(mapOf(options.custom_properties)).length > 1) {
    rules.refuse('alter-restrictions', ['Only one custom property can be changed in one statement.']);
  }
  const settings = settingsOf(rules, options);
  const { record } = engine.tables.find(keyspace, name);
  if (settings.defaultTimeToLive && !record.settings.ttl) rules.refuse('ttl-disabled');
  const endsStream = options.cdc === 'false' ? { cdc: null } : {};
  const change = { ...settings, ...endsStream };
  // What Cassandra has and Keyspaces ignores leaves nothing to change.
  if (Object.keys(change).length > 0) await state.updateTable(keyspace, name, change);
}

async function drop({ engine, keyspace, name }: Place, ifExists: boolean): Promise<Reply> {
  const { state } = engine;
  if (ifExists && !state.table(keyspace, name)) return voidAnswer;
  // Unknown, or not to be used yet: the same answer as to any other statement.
  engine.tables.find(keyspace, name);
  await state.deleteTable(keyspace, name);
  return changed('DROPPED', keyspace, name);
}

async function restore(
  { engine, keyspace, name }: Place,
  source: { readonly keyspace: string; readonly name: string },
  options: Options,
): Promise<Reply> {
  const { restore_timestamp: at, tags } = options;
  const atMs = typeof at === 'string' ? Date.parse(at) : undefined;
  if (Number.isNaN(atMs))
    throw new RuleRefusal('custom-properties', 0x2200, `Invalid custom property: restore_timestamp`);
  await engine.state.restoreTable({
    source: { keyspace: source.keyspace, name: source.name },
    target: { keyspace, name },
    overrides: settingsOf(engine.rules, options),
    ...(atMs !== undefined && { atMs }),
    ...(tags !== undefined && { tags: tagsOf(tags) }),
  });
  return changed('CREATED', keyspace, name);
}

function changed(change: 'CREATED' | 'UPDATED' | 'DROPPED', keyspace: string, name: string): Reply {
  return schemaChangeAnswer({ change, target: 'TABLE', keyspace, name });
}
