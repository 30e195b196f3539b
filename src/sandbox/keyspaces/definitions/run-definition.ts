import { checkConsistency } from '../checks/check-consistency.ts';
import type { Definition } from '../cql/statement.ts';
import type { Engine } from '../engine/engine.ts';
import type { Reply } from '../engine/reply.ts';
import type { Session } from '../engine/session.ts';
import { throwUnlessAllowed } from '../engine/throw-unless-allowed.ts';
import { runKeyspaceDefinition } from './run-keyspace-definition.ts';
import { runTableDefinition } from './run-table-definition.ts';
import { runTypeDefinition } from './run-type-definition.ts';

const actions = { create: 'Create', alter: 'Alter', drop: 'Drop', restore: 'Restore' } as const;

/** A CREATE, ALTER, DROP or RESTORE: answered when it has begun. Throws RuleRefusal and KeyspacesError. */
export async function runDefinition(
  engine: Engine,
  session: Session,
  definition: Definition,
  consistency: number,
): Promise<Reply> {
  checkConsistency(engine.rules, consistency, false);
  throwUnlessAllowed(session, actions[definition.kind.split(' ')[0] as keyof typeof actions]);
  switch (definition.kind) {
    case 'create keyspace':
    case 'alter keyspace':
    case 'drop keyspace':
      return runKeyspaceDefinition(engine, definition);
    case 'create type':
    case 'drop type':
      return runTypeDefinition(engine, session, definition);
    default:
      return runTableDefinition(engine, session, definition);
  }
}
