import { parseTerm } from './parse-term.ts';
import { parseRelations } from './parse-where.ts';
import type { Select, Selector } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** A SELECT, its first word taken. The clauses are read in the order that CQL wants them in. */
export function parseSelect(cursor: TokenCursor): Select {
  const isJson = cursor.takesWords('json');
  const isDistinct = cursor.takesWords('distinct');
  const selectors = cursor.takesSymbol('*') ? [] : cursor.list(() => parseSelector(cursor));
  cursor.expectWords('from');
  return {
    kind: 'select',
    isJson,
    isDistinct,
    selectors,
    table: cursor.tableName(),
    where: cursor.takesWords('where') ? parseRelations(cursor) : [],
    groupBy: cursor.takesWords('group', 'by') ? cursor.list(() => cursor.identifier()) : [],
    orderBy: cursor.takesWords('order', 'by') ? cursor.list(() => parseOrder(cursor)) : [],
    perPartitionLimit: cursor.takesWords('per', 'partition', 'limit') ? parseTerm(cursor) : undefined,
    limit: cursor.takesWords('limit') ? parseTerm(cursor) : undefined,
    allowFiltering: cursor.takesWords('allow', 'filtering'),
  };
}

/** `column DESC`, as in ORDER BY and CLUSTERING ORDER BY. */
export function parseOrder(cursor: TokenCursor): { column: string; isDescending: boolean } {
  const column = cursor.identifier();
  const isDescending = cursor.takesWords('desc');
  if (!isDescending) cursor.takesWords('asc');
  return { column, isDescending };
}

function parseSelector(cursor: TokenCursor): Selector {
  const term = parseTerm(cursor);
  return { term, alias: cursor.takesWords('as') ? cursor.identifier() : undefined };
}
