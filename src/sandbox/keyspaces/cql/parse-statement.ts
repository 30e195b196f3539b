import { parseDefinition, takeRest, unsupportedStatement } from './parse-definition.ts';
import { parseMutation, parseUsing } from './parse-mutation.ts';
import { parseSelect } from './parse-select.ts';
import type { Batch, Mutation, Span, Statement } from './statement.ts';
import { TokenCursor } from './token-cursor.ts';

/** Reads one statement of the CQL that Cassandra 3.11 knows, as far as the rules look into it. Throws CqlSyntaxError. */
export function parseStatement(cql: string): Statement {
  const cursor = new TokenCursor(cql);
  const statement = parseAny(cursor);
  cursor.takesSymbol(';');
  if (cursor.next.kind !== 'end') cursor.fail('the end');
  return statement;
}

function parseAny(cursor: TokenCursor): Statement {
  if (cursor.takesWords('select')) return parseSelect(cursor);
  if (cursor.takesWords('begin')) return parseBatch(cursor);
  if (cursor.takesWords('use')) return { kind: 'use', keyspace: cursor.identifier() };
  if (startsMutation(cursor)) return parseMutation(cursor);
  return parseDefinition(cursor) ?? parseUnsupported(cursor);
}

function startsMutation(cursor: TokenCursor): boolean {
  return ['insert', 'update', 'delete'].some((word) => cursor.seesWords(word));
}

function parseBatch(cursor: TokenCursor): Batch {
  const batchKind = cursor.takesWords('unlogged') ? 'unlogged' : cursor.takesWords('counter') ? 'counter' : 'logged';
  cursor.expectWords('batch');
  const using = parseUsing(cursor);
  const statements: Mutation[] = [];
  const spans: Span[] = [];
  while (!cursor.takesWords('apply', 'batch')) {
    const { start } = cursor.next;
    statements.push(parseMutation(cursor));
    spans.push({ start, end: cursor.endOfLast });
    cursor.takesSymbol(';');
  }
  return { kind: 'batch', batchKind, using, statements, spans };
}

/** By the words they begin with; OR REPLACE is skipped before. */
const unsupported: readonly (readonly [words: readonly string[], javaClass: string])[] = [
  [['truncate'], 'TruncateStatement'],
  [['create', 'index'], 'CreateIndexStatement'],
  [['create', 'custom', 'index'], 'CreateIndexStatement'],
  [['drop', 'index'], 'DropIndexStatement'],
  [['create', 'materialized'], 'CreateViewStatement'],
  [['alter', 'materialized'], 'AlterViewStatement'],
  [['drop', 'materialized'], 'DropViewStatement'],
  [['create', 'trigger'], 'CreateTriggerStatement'],
  [['drop', 'trigger'], 'DropTriggerStatement'],
  [['create', 'function'], 'CreateFunctionStatement'],
  [['create', 'or', 'replace', 'function'], 'CreateFunctionStatement'],
  [['drop', 'function'], 'DropFunctionStatement'],
  [['create', 'aggregate'], 'CreateAggregateStatement'],
  [['create', 'or', 'replace', 'aggregate'], 'CreateAggregateStatement'],
  [['drop', 'aggregate'], 'DropAggregateStatement'],
  [['alter', 'type'], 'AlterTypeStatement'],
  [['create', 'role'], 'CreateRoleStatement'],
  [['alter', 'role'], 'AlterRoleStatement'],
  [['drop', 'role'], 'DropRoleStatement'],
  [['create', 'user'], 'CreateRoleStatement'],
  [['alter', 'user'], 'AlterRoleStatement'],
  [['drop', 'user'], 'DropRoleStatement'],
  [['grant'], 'GrantPermissionsStatement'],
  [['revoke'], 'RevokePermissionsStatement'],
  [['list'], 'ListPermissionsStatement'],
];

function parseUnsupported(cursor: TokenCursor): Statement {
  const known = unsupported.find(([words]) => cursor.seesWords(...words));
  if (!known) return cursor.fail('a statement');
  takeRest(cursor);
  return unsupportedStatement(known[1]);
}
