import type { Options, OptionValue } from './statement.ts';
import type { TokenCursor } from './token-cursor.ts';

/** `name = value AND name = value …`, names in lower case. */
export function parseOptions(cursor: TokenCursor): Options {
  const options: Record<string, OptionValue> = {};
  do Object.assign(options, parseOption(cursor));
  while (cursor.takesWords('and'));
  return options;
}

/** One option, with its name. */
export function parseOption(cursor: TokenCursor): Options {
  const name = cursor.identifier().toLowerCase();
  cursor.expectSymbol('=');
  return { [name]: parseOptionValue(cursor) };
}

/** A map, a list or a scalar, which is given as its text. */
export function parseOptionValue(cursor: TokenCursor): OptionValue {
  if (cursor.takesSymbol('{')) return parseMap(cursor);
  if (cursor.takesSymbol('[')) return parseList(cursor);
  if (cursor.next.kind === 'symbol' || cursor.next.kind === 'end') cursor.fail('a value');
  return cursor.take().text;
}

function parseMap(cursor: TokenCursor): OptionValue {
  const map: Record<string, OptionValue> = {};
  while (!cursor.takesSymbol('}')) {
    const key = cursor.take().text;
    cursor.expectSymbol(':');
    map[key] = parseOptionValue(cursor);
    if (!cursor.takesSymbol(',') && !cursor.seesSymbol('}')) cursor.fail("',' or '}'");
  }
  return map;
}

function parseList(cursor: TokenCursor): OptionValue {
  const list: OptionValue[] = [];
  while (!cursor.takesSymbol(']')) {
    list.push(parseOptionValue(cursor));
    if (!cursor.takesSymbol(',') && !cursor.seesSymbol(']')) cursor.fail("',' or ']'");
  }
  return list;
}
