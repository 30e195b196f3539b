import type { Definition } from '../cql/statement.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import type { Session } from '../engine/session.ts';
import { schemaChangeAnswer, voidAnswer } from '../protocol/response-body.ts';
import { alreadyExists } from './already-exists.ts';
import { inUse } from './in-use.ts';
import { throwOnDuration } from './throw-on-duration.ts';

export async function runTypeDefinition(
  { state, rules }: Engine,
  session: Session,
  definition: Extract<Definition, { kind: 'create type' | 'drop type' }>,
): Promise<Reply> {
  const { name } = definition.type;
  const keyspace = inUse(definition.type, session);
  const target = 'TYPE' as const;
  if (definition.kind === 'drop type') {
    if (definition.ifExists && !state.type(keyspace, name)) return voidAnswer;
    await state.deleteType(keyspace, name);
    return schemaChangeAnswer({ change: 'DROPPED', target, keyspace, name });
  }
  if (state.type(keyspace, name)) return alreadyExists(definition.ifNotExists, keyspace, name);
  throwOnDuration(rules, definition.fields);
  await state.createType({
    keyspace,
    name,
    fields: definition.fields.map((field) => ({ name: field.name, type: field.type })),
  });
  return schemaChangeAnswer({ change: 'CREATED', target, keyspace, name });
}
