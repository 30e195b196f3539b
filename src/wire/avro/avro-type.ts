/** An Avro schema as a reader needs it: names resolved, logical types left aside. */
export type AvroType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly kind: 'array' | 'map'; readonly items: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | AvroRecord;

export interface AvroRecord {
  readonly kind: 'record';
  readonly fields: readonly AvroField[];
}

interface AvroField {
  readonly name: string;
  readonly type: AvroType;
}

/**
 * Reads a schema's JSON. A bare name is looked up in the enclosing namespace and then in none, as Avro for Java does and
 * the specification does not: Java itself prints a record of no namespace, used a second time, as its bare name.
 * Throws a SyntaxError for what is no schema, and for enum and fixed, which have no use here.
 */
export function parseAvroSchema(schema: unknown): AvroType {
  return typeOf(schema, '', new Map());
}

type KnownRecords = Map<string, AvroRecord>;

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
const isPrimitive = (name: unknown): name is (typeof primitives)[number] => primitives.includes(name as never);

function typeOf(schema: unknown, namespace: string, known: KnownRecords): AvroType {
  if (typeof schema === 'string') return namedType(schema, namespace, known);
  if (Array.isArray(schema)) return { kind: 'union', branches: schema.map((each) => typeOf(each, namespace, known)) };
  const { type, items, values } = (schema ?? {}) as Readonly<Record<string, unknown>>;
  if (type === 'array') return { kind: 'array', items: typeOf(items, namespace, known) };
  if (type === 'map') return { kind: 'map', items: typeOf(values, namespace, known) };
  if (type === 'record') return recordOf(schema as WrittenRecord, namespace, known);
  if (typeof type === 'object' || isPrimitive(type)) return typeOf(type, namespace, known);
  throw new SyntaxError(`an Avro type that is not known: ${JSON.stringify(schema)}`);
}

function namedType(name: string, namespace: string, known: KnownRecords): AvroType {
  if (isPrimitive(name)) return { kind: name };
  const found = known.get(fullName(name, namespace)) ?? known.get(name);
  if (found) return found;
  throw new SyntaxError(`an Avro type that is not known: ${name}`);
}

interface WrittenRecord {
  readonly name: string;
  readonly namespace?: string;
  readonly fields: readonly { readonly name: string; readonly type: unknown }[];
}

function recordOf({ name, namespace, fields }: WrittenRecord, enclosing: string, known: KnownRecords): AvroRecord {
  if (typeof name !== 'string' || !Array.isArray(fields))
    throw new SyntaxError('an Avro record without name or fields');
  const full = fullName(name, namespace ?? enclosing);
  const read: AvroField[] = [];
  const record: AvroRecord = { kind: 'record', fields: read };
  // Before its fields: a record may be part of itself.
  known.set(full, record);
  const inner = full.slice(0, Math.max(0, full.lastIndexOf('.')));
  for (const field of fields) read.push({ name: field.name, type: typeOf(field.type, inner, known) });
  return record;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
