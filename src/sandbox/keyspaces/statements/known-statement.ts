import { parseStatement } from '../cql/parse-statement.ts';
import type { Mutation, Statement, TableName } from '../cql/statement.ts';
import { quotedName } from './table-facts.ts';

/** A statement, its text with every table qualified by the keyspace in use. */
export interface KnownStatement {
  readonly cql: string;
  readonly statement: Statement;
  /** Tables that the client did not qualify. */
  readonly unqualified: readonly string[];
}

const remembered = 2_000;

/** Reads statements, and remembers those that come again and again. */
export class KnownStatements {
  readonly #known = new Map<string, KnownStatement>();

  /** Throws CqlSyntaxError. `keyspace` is the one in use, if any. */
  read(cql: string, keyspace: string | undefined): KnownStatement {
    const key = `${keyspace ?? ''}\0${cql}`;
    const before = this.#known.get(key);
    if (before) return before;
    const known = qualify(cql, keyspace);
    // Literals in the text make each statement another one: forgetting all of them now and then is enough.
    if (this.#known.size >= remembered) this.#known.clear();
    if (cql.length < 10_000) this.#known.set(key, known);
    return known;
  }
}

function qualify(cql: string, keyspace: string | undefined): KnownStatement {
  const statement = parseStatement(cql);
  const bare = tablesOf(statement).filter((table) => table.keyspace === undefined);
  const unqualified = bare.map((table) => table.name);
  if (bare.length === 0 || keyspace === undefined) return { cql, statement, unqualified };
  let text = cql;
  for (const { start } of bare.toSorted((a, b) => b.start - a.start)) {
    text = `${text.slice(0, start)}${quotedName(keyspace)}.${text.slice(start)}`;
  }
  return { cql: text, statement: parseStatement(text), unqualified };
}

/** The tables of a SELECT, a mutation or a batch; definitions are not sent on as text. */
function tablesOf(statement: Statement): readonly TableName[] {
  if (statement.kind === 'batch') return statement.statements.map(({ table }) => table);
  return statement.kind === 'select' || isMutation(statement) ? [statement.table] : [];
}

export function isMutation(statement: Statement): statement is Mutation {
  return statement.kind === 'insert' || statement.kind === 'update' || statement.kind === 'delete';
}
