import type { Literal, Term } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** A term, with sums and differences of terms. */
export function parseTerm(cursor: TokenCursor): Term {
  const { start } = cursor.next;
  const parts = [parseSimple(cursor)];
  while (isArithmetic(cursor)) {
    // `a -1` reads as a name and a negative number: the sign is then part of the number.
    if (cursor.next.kind === 'symbol') cursor.take();
    parts.push(parseSimple(cursor));
  }
  return parts.length === 1 ? parts[0]! : { kind: 'compound', shape: 'sum', parts, start, end: cursor.endOfLast };
}

function isArithmetic(cursor: TokenCursor): boolean {
  const { kind, text } = cursor.next;
  if (kind === 'number') return text.startsWith('-');
  return kind === 'symbol' && ['+', '-', '*', '/', '%'].includes(text);
}

function parseSimple(cursor: TokenCursor): Term {
  const { kind, text, start } = cursor.next;
  if (kind === 'marker' || (kind === 'symbol' && text === ':')) return parseMarker(cursor);
  if (kind === 'symbol' && text === '-') return parseNegative(cursor);
  if (kind === 'symbol') return parseCompound(cursor);
  if (kind === 'word' && isCast(cursor)) return parseCast(cursor);
  if (kind === 'word' || kind === 'quoted') return parseNamed(cursor);
  if (kind === 'end') cursor.fail('a value');
  cursor.take();
  return { kind: 'literal', type: kind as Literal, text, start, end: cursor.endOfLast };
}

/** `?` or `:name`. */
export function parseMarker(cursor: TokenCursor): Term {
  const { start, kind } = cursor.take();
  const name = kind === 'marker' ? undefined : cursor.identifier();
  return { kind: 'marker', index: cursor.takeMarkerIndex(), name, start, end: cursor.endOfLast };
}

function parseNegative(cursor: TokenCursor): Term {
  const { start } = cursor.take();
  const parts = [parseSimple(cursor)];
  return { kind: 'compound', shape: 'sum', parts, start, end: cursor.endOfLast };
}

const closing: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };
const shapes: Readonly<Record<string, string>> = { '[': 'list', '{': 'braces', '(': 'tuple' };

function parseCompound(cursor: TokenCursor): Term {
  const open = cursor.next.text;
  const close = closing[open];
  if (close === undefined) cursor.fail('a value');
  const { start } = cursor.take();
  const parts: Term[] = [];
  while (!cursor.seesSymbol(close)) {
    parts.push(parseTerm(cursor));
    if (!cursor.takesSymbol(',') && !cursor.takesSymbol(':')) break;
  }
  cursor.expectSymbol(close);
  // `(type) value` is a hint of the value's type.
  const isHint = open === '(' && parts.length === 1 && parts[0]!.kind === 'column' && startsValue(cursor);
  if (isHint) parts.push(parseSimple(cursor));
  return { kind: 'compound', shape: isHint ? 'hint' : shapes[open]!, parts, start, end: cursor.endOfLast };
}

function startsValue(cursor: TokenCursor): boolean {
  const { kind } = cursor.next;
  return kind === 'string' || kind === 'number' || kind === 'marker' || kind === 'hex' || kind === 'uuid';
}

function isCast(cursor: TokenCursor): boolean {
  return cursor.seesWords('cast') && cursor.peek(1).text === '(';
}

function parseCast(cursor: TokenCursor): Term {
  const { start } = cursor.take();
  cursor.expectSymbol('(');
  const term = parseTerm(cursor);
  cursor.expectWords('as');
  cursor.identifier();
  cursor.expectSymbol(')');
  return { kind: 'call', name: 'cast', parts: [term], start, end: cursor.endOfLast };
}

const words: Readonly<Record<string, Literal>> = { true: 'boolean', false: 'boolean', null: 'null' };
const numbers = new Set(['nan', 'infinity']);

function parseNamed(cursor: TokenCursor): Term {
  const { kind, start } = cursor.next;
  let name = cursor.identifier();
  if (kind === 'word' && Object.hasOwn(words, name)) {
    return { kind: 'literal', type: words[name]!, text: name, start, end: cursor.endOfLast };
  }
  if (kind === 'word' && numbers.has(name)) {
    return { kind: 'literal', type: 'number', text: name, start, end: cursor.endOfLast };
  }
  if (cursor.takesSymbol('.')) name = `${name}.${cursor.identifier()}`;
  if (cursor.seesSymbol('(')) return parseCall(cursor, name, start);
  if (cursor.takesSymbol('[')) return parseElement(cursor, name, start);
  return { kind: 'column', name, start, end: cursor.endOfLast };
}

function parseCall(cursor: TokenCursor, name: string, start: number): Term {
  cursor.expectSymbol('(');
  const parts: Term[] = [];
  if (cursor.takesSymbol('*'))
    parts.push({ kind: 'column', name: '*', start: cursor.endOfLast - 1, end: cursor.endOfLast });
  else if (!cursor.seesSymbol(')')) parts.push(...cursor.list(() => parseTerm(cursor)));
  cursor.expectSymbol(')');
  return { kind: 'call', name: name.toLowerCase(), parts, start, end: cursor.endOfLast };
}

function parseElement(cursor: TokenCursor, name: string, start: number): Term {
  const column: Term = { kind: 'column', name, start, end: cursor.endOfLast - 1 };
  const parts = [column, parseTerm(cursor)];
  cursor.expectSymbol(']');
  return { kind: 'compound', shape: 'element', parts, start, end: cursor.endOfLast };
}
