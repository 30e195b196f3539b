import { CqlSyntaxError } from './cql-syntax-error.ts';

type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'uuid' | 'hex' | 'marker' | 'symbol' | 'end';

/** One token of a statement: `text` is its meaning (words in lower case, quotes taken off), the span is where it stands. */
export interface CqlToken {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Cuts CQL into tokens, comments left out; the last one is of kind `end`. Throws CqlSyntaxError. */
export function cqlTokens(cql: string): readonly CqlToken[] {
  const tokens: CqlToken[] = [];
  let at = 0;
  for (;;) {
    at = skipBlanks(cql, at);
    const token = at < cql.length ? tokenAt(cql, at) : { kind: 'end' as const, text: '', start: at, end: at };
    tokens.push(token);
    if (token.kind === 'end') return tokens;
    at = token.end;
  }
}

// Sticky: each is tried at one place only, so no statement makes them look further than its next token.
const blanks = /(?:\s+|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/iy;
const hex = /0x[0-9a-f]*/iy;
const duration = /-?(?:\d+(?:y|mo|w|d|h|m|s|ms|us|µs|ns))+(?![a-z0-9])/iy;
const number = /-?(?:\d+(?:\.\d*)?(?:e[+-]?\d+)?)/iy;
const word = /[a-z][a-z0-9_]*/iy;
const symbol = /<=|>=|!=|\+=|-=|\.\.|[()[\]{}<>=,.:;?*+\-/%]/y;

function skipBlanks(cql: string, at: number): number {
  return at + (match(blanks, cql, at)?.length ?? 0);
}

function tokenAt(cql: string, at: number): CqlToken {
  const first = cql[at]!;
  if (first === "'") return quotedAt(cql, at, "'", 'string');
  if (first === '"') return quotedAt(cql, at, '"', 'quoted');
  if (cql.startsWith('$$', at)) return dollarsAt(cql, at);
  return (
    plainAt(uuid, 'uuid', cql, at) ??
    plainAt(hex, 'hex', cql, at) ??
    plainAt(duration, 'string', cql, at) ??
    plainAt(number, 'number', cql, at) ??
    plainAt(word, 'word', cql, at) ??
    symbolAt(cql, at)
  );
}

function plainAt(pattern: RegExp, kind: TokenKind, cql: string, start: number): CqlToken | undefined {
  const text = match(pattern, cql, start);
  return text === undefined ? undefined : { kind, text: text.toLowerCase(), start, end: start + text.length };
}

function symbolAt(cql: string, start: number): CqlToken {
  const text = match(symbol, cql, start);
  if (text === undefined) throw new CqlSyntaxError(`no viable alternative at character '${cql[start]}'`, start);
  return { kind: text === '?' ? 'marker' : 'symbol', text, start, end: start + text.length };
}

function quotedAt(cql: string, start: number, quote: string, kind: TokenKind): CqlToken {
  let at = start + 1;
  for (;;) {
    const next = cql.indexOf(quote, at);
    if (next < 0) throw new CqlSyntaxError(`a ${quote} is not closed`, start);
    at = next + 1;
    if (cql[at] !== quote) break;
    at += 1;
  }
  const text = cql.slice(start + 1, at - 1).replaceAll(quote + quote, quote);
  return { kind, text, start, end: at };
}

function dollarsAt(cql: string, start: number): CqlToken {
  const close = cql.indexOf('$$', start + 2);
  if (close < 0) throw new CqlSyntaxError('a $$ is not closed', start);
  return { kind: 'string', text: cql.slice(start + 2, close), start, end: close + 2 };
}

function match(pattern: RegExp, cql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(cql)?.[0];
}
