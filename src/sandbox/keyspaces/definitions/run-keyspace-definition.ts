import type { Definition, Options } from '../cql/statement.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import { schemaChangeAnswer, voidAnswer } from '../protocol/response-body.ts';
import { RuleRefusal } from '../rule-book.ts';
import type { Replication } from '../state/records.ts';
import { alreadyExists } from './already-exists.ts';
import { mapOf, tagsOf } from './table-options.ts';

type KeyspaceDefinition = Extract<Definition, { keyspace: string }>;

export async function runKeyspaceDefinition(engine: Engine, definition: KeyspaceDefinition): Promise<Reply> {
  const { keyspace } = definition;
  if (definition.kind === 'drop keyspace') return drop(engine, keyspace, definition.ifExists);
  if (definition.options.durable_writes === 'false') {
    engine.rules.refuse('alter-restrictions', ['DURABLE_WRITES cannot be false.']);
  }
  if (definition.kind === 'alter keyspace') return alter(engine, keyspace, definition.options);
  if (engine.state.keyspace(keyspace)) return alreadyExists(definition.ifNotExists, keyspace);
  const replication = replicationOf(engine, definition.options);
  await engine.state.createKeyspace({ name: keyspace, replication, tags: tagsOf(definition.options.tags) });
  return changed('CREATED', keyspace);
}

async function alter({ state, ...engine }: Engine, keyspace: string, options: Options): Promise<Reply> {
  const record = state.keyspace(keyspace);
  if (!record) throw unknownKeyspace(keyspace);
  if (options.replication) await state.updateKeyspace(keyspace, replicationOf({ state, ...engine }, options));
  if (options.tags) state.tag(record.arn, tagsOf(options.tags));
  return changed('UPDATED', keyspace);
}

async function drop({ state }: Engine, keyspace: string, ifExists: boolean): Promise<Reply> {
  if (!state.keyspace(keyspace)) {
    if (ifExists) return voidAnswer;
    throw unknownKeyspace(keyspace);
  }
  await state.deleteKeyspace(keyspace);
  return changed('DROPPED', keyspace);
}

function replicationOf({ state }: Pick<Engine, 'state'>, options: Options): Replication {
  const { class: className = '', ...others } = mapOf(options.replication);
  const regions = Object.keys(others).filter((name) => name !== 'replication_factor');
  const strategy = String(className).split('.').at(-1);
  // Older documents of Keyspaces, and its own system tables, say SimpleStrategy.
  const isSingle = strategy === 'SingleRegionStrategy' || strategy === 'SimpleStrategy';
  if (isSingle) return { strategy: 'SINGLE_REGION' };
  if (strategy !== 'NetworkTopologyStrategy') {
    throw new RuleRefusal('custom-properties', 0x2300, `Unable to find replication strategy class '${className}'`);
  }
  const isOwn = regions.length === 1 && regions[0] === state.account.region;
  return isOwn ? { strategy: 'SINGLE_REGION' } : { strategy: 'MULTI_REGION', regions };
}

function changed(change: 'CREATED' | 'UPDATED' | 'DROPPED', keyspace: string): Reply {
  return schemaChangeAnswer({ change, target: 'KEYSPACE', keyspace });
}

export function unknownKeyspace(keyspace: string): RuleRefusal {
  return new RuleRefusal('asynchronous-definitions', 0x2200, `unconfigured keyspace ${keyspace}`);
}
