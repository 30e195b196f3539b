import { parseColumn, parseCreateTable } from './parse-create-table.ts';
import { parseOptions, parseOptionValue } from './parse-options.ts';
import type { Definition, Statement, TableChange, TypeDefinition } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** CREATE, ALTER, DROP and RESTORE of what Keyspaces has; undefined, with nothing taken, for anything else. */
export function parseDefinition(cursor: TokenCursor): Definition | undefined {
  const known = definitions.find(({ words }) => cursor.takesWords(...words));
  return known?.parse(cursor);
}

interface Known {
  readonly words: readonly string[];
  readonly parse: (cursor: TokenCursor) => Definition;
}

const ofTable = (verb: string, parse: Known['parse']): Known[] =>
  ['table', 'columnfamily'].map((noun) => ({ words: [verb, noun], parse }));

const ofKeyspace = (verb: string, parse: Known['parse']): Known[] =>
  ['keyspace', 'schema'].map((noun) => ({ words: [verb, noun], parse }));

const definitions: readonly Known[] = [
  ...ofKeyspace('create', parseCreateKeyspace),
  ...ofKeyspace('alter', (cursor) => {
    cursor.takesWords('if', 'exists');
    const keyspace = cursor.identifier();
    cursor.expectWords('with');
    return { kind: 'alter keyspace', keyspace, options: parseOptions(cursor) };
  }),
  ...ofKeyspace('drop', (cursor) => {
    const ifExists = cursor.takesWords('if', 'exists');
    return { kind: 'drop keyspace', keyspace: cursor.identifier(), ifExists };
  }),
  ...ofTable('create', parseCreateTable),
  ...ofTable('alter', (cursor) => {
    cursor.takesWords('if', 'exists');
    return { kind: 'alter table', table: cursor.tableName(), change: parseChange(cursor) };
  }),
  ...ofTable('drop', (cursor) => {
    const ifExists = cursor.takesWords('if', 'exists');
    return { kind: 'drop table', table: cursor.tableName(), ifExists };
  }),
  ...ofTable('restore', parseRestore),
  { words: ['create', 'type'], parse: parseCreateType },
  {
    words: ['drop', 'type'],
    parse: (cursor) => {
      const ifExists = cursor.takesWords('if', 'exists');
      return { kind: 'drop type', type: cursor.tableName(), ifExists };
    },
  },
];

function parseCreateKeyspace(cursor: TokenCursor): Definition {
  const ifNotExists = cursor.takesWords('if', 'not', 'exists');
  const keyspace = cursor.identifier();
  cursor.expectWords('with');
  return { kind: 'create keyspace', keyspace, ifNotExists, options: parseOptions(cursor) };
}

function parseCreateType(cursor: TokenCursor): TypeDefinition {
  const ifNotExists = cursor.takesWords('if', 'not', 'exists');
  const type = cursor.tableName();
  cursor.expectSymbol('(');
  const fields = cursor.list(() => parseColumn(cursor));
  cursor.expectSymbol(')');
  return { kind: 'create type', type, ifNotExists, fields };
}

function parseRestore(cursor: TokenCursor): Definition {
  const table = cursor.tableName();
  cursor.expectWords('from', 'table');
  const source = cursor.tableName();
  const options = cursor.takesWords('with') ? parseOptions(cursor) : {};
  return { kind: 'restore table', table, source, options };
}

function parseChange(cursor: TokenCursor): TableChange {
  if (cursor.takesWords('add', 'tags')) return { kind: 'add tags', tags: parseOptionValue(cursor) };
  if (cursor.takesWords('drop', 'tags')) return { kind: 'drop tags', tags: parseOptionValue(cursor) };
  if (cursor.takesWords('add')) return { kind: 'add', columns: parseAdded(cursor) };
  if (cursor.takesWords('with')) return { kind: 'with', options: parseOptions(cursor) };
  return parseUnsupportedChange(cursor);
}

function parseAdded(cursor: TokenCursor) {
  cursor.takesWords('if', 'not', 'exists');
  const isList = cursor.takesSymbol('(');
  const columns = cursor.list(() => parseColumn(cursor));
  if (isList) cursor.expectSymbol(')');
  return columns;
}

/** What follows does not matter: none of it is supported. */
function parseUnsupportedChange(cursor: TokenCursor): TableChange {
  const verb = cursor.identifier();
  if (verb !== 'drop' && verb !== 'rename' && verb !== 'alter') cursor.fail('ADD, WITH, DROP, RENAME or ALTER');
  takeRest(cursor);
  return { kind: verb === 'alter' ? 'alter column' : verb };
}

/** Takes everything up to the end of the statement. */
export function takeRest(cursor: TokenCursor): void {
  while (cursor.next.kind !== 'end' && !cursor.seesSymbol(';')) cursor.take();
}

/** What Cassandra 3.11 calls the statements that Keyspaces does not have. */
export function unsupportedStatement(javaClass: string): Statement {
  return { kind: 'unsupported', javaClass };
}
