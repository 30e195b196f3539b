import { parseTerm } from './parse-term.ts';
import { parseRelations } from './parse-where.ts';
import type { Assignment, Delete, Insert, Mutation, Term, Update, Using } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** An INSERT, UPDATE or DELETE from its first word on. */
export function parseMutation(cursor: TokenCursor): Mutation {
  if (cursor.takesWords('insert')) return parseInsert(cursor);
  if (cursor.takesWords('update')) return parseUpdate(cursor);
  if (cursor.takesWords('delete')) return parseDelete(cursor);
  return cursor.fail('INSERT, UPDATE or DELETE');
}

function parseInsert(cursor: TokenCursor): Insert {
  cursor.expectWords('into');
  const table = cursor.tableName();
  const content = cursor.takesWords('json') ? parseJson(cursor) : parseColumnsAndValues(cursor);
  const isConditional = cursor.takesWords('if', 'not', 'exists');
  return { kind: 'insert', table, ...content, isConditional, using: parseUsing(cursor) };
}

function parseJson(cursor: TokenCursor): Pick<Insert, 'columns' | 'values' | 'json'> {
  const json = parseTerm(cursor);
  if (cursor.takesWords('default')) cursor.takesWords('unset') || cursor.expectWords('null');
  return { columns: [], values: [], json };
}

function parseColumnsAndValues(cursor: TokenCursor): Pick<Insert, 'columns' | 'values' | 'json'> {
  cursor.expectSymbol('(');
  const columns = cursor.list(() => cursor.identifier());
  cursor.expectSymbol(')');
  cursor.expectWords('values');
  cursor.expectSymbol('(');
  const values = cursor.list(() => parseTerm(cursor));
  cursor.expectSymbol(')');
  return { columns, values, json: undefined };
}

function parseUpdate(cursor: TokenCursor): Update {
  const table = cursor.tableName();
  const using = parseUsing(cursor);
  cursor.expectWords('set');
  const assignments = cursor.list(() => parseAssignment(cursor));
  cursor.expectWords('where');
  const where = parseRelations(cursor);
  return { kind: 'update', table, using, assignments, where, ...parseIf(cursor) };
}

function parseAssignment(cursor: TokenCursor): Assignment {
  const column = cursor.identifier();
  const element = parseElement(cursor);
  if (!cursor.takesSymbol('+=') && !cursor.takesSymbol('-=')) cursor.expectSymbol('=');
  return { column, element, term: parseTerm(cursor) };
}

function parseElement(cursor: TokenCursor): Term | undefined {
  if (cursor.takesSymbol('.')) {
    const { start } = cursor.next;
    return { kind: 'column', name: cursor.identifier(), start, end: cursor.endOfLast };
  }
  if (!cursor.takesSymbol('[')) return undefined;
  const element = parseTerm(cursor);
  cursor.expectSymbol(']');
  return element;
}

function parseDelete(cursor: TokenCursor): Delete {
  const columns = cursor.seesWords('from') ? [] : cursor.list(() => parseDeleted(cursor));
  cursor.expectWords('from');
  const table = cursor.tableName();
  const using = parseUsing(cursor);
  const { start } = cursor.next;
  cursor.expectWords('where');
  const where = parseRelations(cursor);
  const whereSpan = { start, end: cursor.endOfLast };
  return { kind: 'delete', table, columns, using, where, whereSpan, ...parseIf(cursor) };
}

function parseDeleted(cursor: TokenCursor): string {
  const column = cursor.identifier();
  parseElement(cursor);
  return column;
}

/** `USING TIMESTAMP … AND TTL …`, or nothing. */
export function parseUsing(cursor: TokenCursor): Using {
  let timestamp: Term | undefined;
  let ttl: Term | undefined;
  if (cursor.takesWords('using')) {
    do {
      if (cursor.takesWords('timestamp')) timestamp = parseTerm(cursor);
      else if (cursor.takesWords('ttl')) ttl = parseTerm(cursor);
      else cursor.fail('TIMESTAMP or TTL');
    } while (cursor.takesWords('and'));
  }
  return { timestamp, ttl };
}

function parseIf(cursor: TokenCursor): Pick<Update, 'isConditional' | 'conditions'> {
  if (!cursor.takesWords('if')) return { isConditional: false, conditions: [] };
  const isOfRow = cursor.takesWords('exists') || cursor.takesWords('not', 'exists');
  return { isConditional: true, conditions: isOfRow ? [] : parseRelations(cursor) };
}
