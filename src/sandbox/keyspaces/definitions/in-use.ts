import type { TableName } from '../cql/statement.ts';
import type { Session } from '../engine/session.ts';
import { RuleRefusal } from '../rule-book.ts';

/** The keyspace of a name: its own, or the one in use. Throws RuleRefusal without either. */
export function inUse(name: TableName, session: Session): string {
  const keyspace = name.keyspace ?? session.keyspace;
  if (keyspace === undefined) {
    throw new RuleRefusal(
      'asynchronous-definitions',
      0x2200,
      'No keyspace has been specified. USE a keyspace, or explicitly specify keyspace.tablename',
    );
  }
  return keyspace;
}
