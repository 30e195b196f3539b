/** A CQL type as the schema names it, with what decoding and binding need to know of it. */
export interface CqlType {
  /** A native type's name, or one of list, set, map, tuple, vector, udt, custom. */
  readonly name: string;
  /** Of a list, set, map or udt: written as one value instead of element by element. */
  readonly isFrozen: boolean;
  readonly arguments: readonly CqlType[];
  /** Of a udt: its name and its fields' names, in the order of `arguments`. */
  readonly udt?: { readonly name: string; readonly fields: readonly string[] };
  /** Of a vector. */
  readonly dimension?: number;
  /** Of a custom type: the Java class. */
  readonly className?: string;
}

/** Finds a user-defined type's fields; undefined when the keyspace has no such type. */
export type ResolveUdt = (
  name: string,
) => { readonly fields: readonly string[]; readonly types: readonly string[] } | undefined;

/** Bytes of a value that is written without a length in the commit log, or undefined (commitlog.md, section 3.8). */
export function fixedLengthOf(type: CqlType): number | undefined {
  if (type.name === 'vector') {
    const element = fixedLengthOf(type.arguments[0]!);
    return element === undefined ? undefined : element * type.dimension!;
  }
  if (type.name === 'custom') return fixedLengthOfClass[type.className!];
  return fixedLengthOfNative[type.name];
}

/** True where a column of this type is stored element by element ("complex" in the commit log). */
export function isMulticell(type: CqlType): boolean {
  return !type.isFrozen && ['list', 'set', 'map', 'udt'].includes(type.name);
}

/** Reads a type as `system_schema.columns.type` writes it. Throws a SyntaxError naming the text. */
export function parseCqlType(text: string, resolveUdt: ResolveUdt): CqlType {
  const tokens = tokenize(text);
  const type = readType(tokens, resolveUdt, text);
  if (tokens.length > 0) throw new SyntaxError(`type "${text}" goes on after its end: ${tokens.join(' ')}`);
  return type;
}

/** The CQL text of a type, as a CREATE TABLE takes it. */
export function cqlTypeText(type: CqlType): string {
  const inner = type.arguments.map(cqlTypeText).join(', ');
  const bare = bareTypeText(type, inner);
  return type.isFrozen && type.name !== 'tuple' && type.name !== 'vector' ? `frozen<${bare}>` : bare;
}

// tinyint, smallint, date, time, counter, inet and duration have values of one size or nearly so and are yet written with a length.
const fixedLengthOfNative: Readonly<Record<string, number>> = {
  boolean: 1,
  int: 4,
  bigint: 8,
  float: 4,
  double: 8,
  timestamp: 8,
  uuid: 16,
  timeuuid: 16,
  empty: 0,
};

const fixedLengthOfClass: Readonly<Record<string, number>> = {
  'org.apache.cassandra.db.marshal.LexicalUUIDType': 16,
  'org.apache.cassandra.db.marshal.DateType': 8,
  'org.apache.cassandra.db.marshal.EmptyType': 0,
};

const natives = new Set(
  'ascii bigint blob boolean counter date decimal double duration empty float inet int smallint text time timestamp timeuuid tinyint uuid varint'.split(
    ' ',
  ),
);

function tokenize(text: string): string[] {
  return text.match(/"(?:[^"]|"")*"|'[^']*'|[A-Za-z0-9_.$]+|[<>,]/g) ?? [];
}

function readType(tokens: string[], resolveUdt: ResolveUdt, text: string): CqlType {
  const token = tokens.shift();
  if (token === undefined) throw new SyntaxError(`type "${text}" ends too early`);
  if (token.startsWith("'")) return plain('custom', { className: token.slice(1, -1) });
  if (token.startsWith('"')) return readUdt(token.slice(1, -1).replaceAll('""', '"'), resolveUdt, text);
  const name = token.toLowerCase();
  if (tokens[0] === '<') return readParametrised(name, tokens, resolveUdt, text);
  if (name === 'varchar') return plain('text');
  return natives.has(name) ? plain(name) : readUdt(name, resolveUdt, text);
}

function readParametrised(name: string, tokens: string[], resolveUdt: ResolveUdt, text: string): CqlType {
  expectToken(tokens, '<', text);
  const inner = [readType(tokens, resolveUdt, text)];
  let dimension: number | undefined;
  while (tokens[0] === ',') {
    tokens.shift();
    if (name === 'vector') dimension = Number(tokens.shift());
    else inner.push(readType(tokens, resolveUdt, text));
  }
  expectToken(tokens, '>', text);
  switch (name) {
    case 'frozen':
      return freeze(inner[0]!);
    case 'list':
    case 'set':
    case 'map':
      return { name, isFrozen: false, arguments: inner.map(freeze) };
    case 'tuple':
      return { name, isFrozen: true, arguments: inner.map(freeze) };
    case 'vector':
      return { name, isFrozen: true, arguments: inner.map(freeze), dimension: dimension! };
    default:
      throw new SyntaxError(`type "${text}" has an unknown parametrised type ${name}`);
  }
}

function readUdt(name: string, resolveUdt: ResolveUdt, text: string): CqlType {
  const definition = resolveUdt(name);
  if (!definition)
    throw new SyntaxError(`type "${text}" names ${name}, which is neither a native type nor a known user-defined type`);
  const types = definition.types.map((fieldType) => freeze(parseCqlType(fieldType, resolveUdt)));
  return { name: 'udt', isFrozen: false, arguments: types, udt: { name, fields: definition.fields } };
}

/** Everything nested is frozen, whether the type's text says so or not. */
function freeze(type: CqlType): CqlType {
  if (!['list', 'set', 'map', 'udt', 'tuple', 'vector'].includes(type.name)) return type;
  return { ...type, isFrozen: true, arguments: type.arguments.map(freeze) };
}

function bareTypeText(type: CqlType, inner: string): string {
  if (type.udt) return `"${type.udt.name.replaceAll('"', '""')}"`;
  if (type.className !== undefined) return `'${type.className}'`;
  if (type.dimension !== undefined) return `vector<${inner}, ${type.dimension}>`;
  return type.arguments.length > 0 ? `${type.name}<${inner}>` : type.name;
}

function plain(name: string, more: Partial<CqlType> = {}): CqlType {
  return { name, isFrozen: false, arguments: [], ...more };
}

function expectToken(tokens: string[], wanted: string, text: string): void {
  const found = tokens.shift();
  if (found !== wanted) throw new SyntaxError(`type "${text}": expected ${wanted}, found ${found ?? 'its end'}`);
}
