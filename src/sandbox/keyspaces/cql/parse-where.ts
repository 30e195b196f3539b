import { parseMarker, parseTerm } from './parse-term.ts';
import type { Operator, Relation, Term } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** The relations after WHERE or IF, joined by AND. */
export function parseRelations(cursor: TokenCursor): readonly Relation[] {
  const all = [parseRelation(cursor)];
  while (cursor.takesWords('and')) all.push(parseRelation(cursor));
  return all;
}

function parseRelation(cursor: TokenCursor): Relation {
  const isTuple = cursor.seesSymbol('(');
  const isToken = cursor.seesWords('token') && cursor.peek(1).text === '(';
  if (isToken) cursor.take();
  const columns = isTuple || isToken ? columnList(cursor) : [columnOf(cursor)];
  const { start } = cursor.next;
  const operator = parseOperator(cursor);
  const { terms, isList } = parseRight(cursor, operator);
  return { columns, isToken, isTuple, operator, terms, isList, span: { start, end: cursor.endOfLast } };
}

function columnList(cursor: TokenCursor): readonly string[] {
  cursor.expectSymbol('(');
  const columns = cursor.list(() => cursor.identifier());
  cursor.expectSymbol(')');
  return columns;
}

/** Of `c`, `c[…]` and `c.f`: c. */
function columnOf(cursor: TokenCursor): string {
  const column = cursor.identifier();
  if (cursor.takesSymbol('.')) cursor.identifier();
  if (cursor.takesSymbol('[')) {
    parseTerm(cursor);
    cursor.expectSymbol(']');
  }
  return column;
}

const symbols = ['=', '<', '>', '<=', '>=', '!='] as const;

function parseOperator(cursor: TokenCursor): Operator {
  const symbol = symbols.find((candidate) => cursor.takesSymbol(candidate));
  if (symbol) return symbol;
  if (cursor.takesWords('in')) return 'in';
  if (cursor.takesWords('contains')) return cursor.takesWords('key') ? 'contains key' : 'contains';
  if (cursor.takesWords('like')) return 'like';
  if (cursor.takesWords('is', 'not', 'null')) return 'is not null';
  return cursor.fail('an operator');
}

function parseRight(cursor: TokenCursor, operator: Operator): { terms: readonly Term[]; isList: boolean } {
  if (operator === 'is not null') return { terms: [], isList: false };
  if (operator !== 'in') return { terms: [parseTerm(cursor)], isList: false };
  if (!cursor.takesSymbol('(')) return { terms: [parseMarker(cursor)], isList: false };
  const terms = cursor.seesSymbol(')') ? [] : cursor.list(() => parseTerm(cursor));
  cursor.expectSymbol(')');
  return { terms, isList: true };
}
