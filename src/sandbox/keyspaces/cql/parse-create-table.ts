import { parseOption } from './parse-options.ts';
import { parseOrder } from './parse-select.ts';
import type { ColumnDefinition, CreateTable, OptionValue } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** A CREATE TABLE, its first two words taken. */
export function parseCreateTable(cursor: TokenCursor): CreateTable {
  const ifNotExists = cursor.takesWords('if', 'not', 'exists');
  const table = cursor.tableName();
  const body = parseBody(cursor);
  return { kind: 'create table', table, ifNotExists, ...body, ...parseWith(cursor) };
}

interface Body {
  columns: ColumnDefinition[];
  partitionKey: readonly string[];
  clusteringKey: readonly string[];
}

function parseBody(cursor: TokenCursor): Body {
  const body: Body = { columns: [], partitionKey: [], clusteringKey: [] };
  cursor.expectSymbol('(');
  do {
    if (cursor.seesSymbol(')')) break;
    if (cursor.takesWords('primary', 'key')) Object.assign(body, parsePrimaryKey(cursor));
    else parseTableColumn(cursor, body);
  } while (cursor.takesSymbol(','));
  cursor.expectSymbol(')');
  if (body.partitionKey.length === 0) cursor.fail('a PRIMARY KEY');
  return body;
}

function parseTableColumn(cursor: TokenCursor, body: Body): void {
  const column = parseColumn(cursor);
  body.columns.push(column);
  if (cursor.takesWords('primary', 'key')) body.partitionKey = [column.name];
}

/** `name type [STATIC]`. */
export function parseColumn(cursor: TokenCursor): ColumnDefinition {
  const name = cursor.identifier();
  const type = parseTypeText(cursor);
  return { name, type, isStatic: cursor.takesWords('static') };
}

function parseTypeText(cursor: TokenCursor): string {
  if (cursor.next.kind === 'string') return `'${cursor.take().text}'`;
  const { kind } = cursor.next;
  const name = cursor.identifier();
  // A type of another keyspace is not allowed; `keyspace.type` of its own is.
  if (cursor.takesSymbol('.')) return quoted(cursor.identifier(), 'quoted');
  if (!cursor.takesSymbol('<')) return quoted(name, kind);
  const inner = cursor.list(() => (cursor.next.kind === 'number' ? cursor.take().text : parseTypeText(cursor)));
  cursor.expectSymbol('>');
  return `${name}<${inner.join(', ')}>`;
}

function quoted(name: string, kind: string): string {
  return kind === 'word' || /^[a-z][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function parsePrimaryKey(cursor: TokenCursor): Pick<Body, 'partitionKey' | 'clusteringKey'> {
  cursor.expectSymbol('(');
  const isComposite = cursor.takesSymbol('(');
  const partitionKey = isComposite ? cursor.list(() => cursor.identifier()) : [cursor.identifier()];
  if (isComposite) cursor.expectSymbol(')');
  const clusteringKey = cursor.takesSymbol(',') ? cursor.list(() => cursor.identifier()) : [];
  cursor.expectSymbol(')');
  return { partitionKey, clusteringKey };
}

function parseWith(cursor: TokenCursor): Pick<CreateTable, 'clusteringOrder' | 'options'> {
  let clusteringOrder: CreateTable['clusteringOrder'] = [];
  const options: Record<string, OptionValue> = {};
  if (cursor.takesWords('with')) {
    do {
      if (cursor.takesWords('clustering', 'order', 'by')) clusteringOrder = parseClusteringOrder(cursor);
      else if (cursor.takesWords('compact', 'storage')) options['compact storage'] = 'true';
      else Object.assign(options, parseOption(cursor));
    } while (cursor.takesWords('and'));
  }
  return { clusteringOrder, options };
}

function parseClusteringOrder(cursor: TokenCursor): CreateTable['clusteringOrder'] {
  cursor.expectSymbol('(');
  const order = cursor.list(() => parseOrder(cursor));
  cursor.expectSymbol(')');
  return order;
}
