/**
 * A protobuf message described once as a table; encoder, decoder and TypeScript type come from it.
 *
 * `int` is any 32- or 64-bit integer as a JS number: exact up to 2^53, with -1 and Long.MAX_VALUE carried as the sentinels
 * they are. `bits` is a 64-bit set as bigint.
 */
type Scalar = 'int' | 'bool' | 'text' | 'bytes' | 'bits';
export type Kind = Scalar | Table;

export interface Field<V = unknown, Repeated extends boolean = boolean, Required extends boolean = boolean> {
  readonly number: number;
  readonly kind: Kind;
  readonly isRepeated: Repeated;
  readonly isRequired: Required;
  /** Carries the type only. */
  readonly valueType?: V;
}

export type Fields = Readonly<Record<string, Field>>;

export interface NamedField {
  readonly name: string;
  readonly tag: number;
  readonly kind: Kind;
  readonly isRepeated: boolean;
}

export interface Table<F extends Fields = Fields> {
  /** Ascending by field number. */
  readonly list: readonly NamedField[];
  readonly byNumber: readonly (NamedField | undefined)[];
  readonly requiredNames: readonly string[];
  readonly fieldsType?: F;
}

type ScalarValue = { int: number; bool: boolean; text: string; bytes: Buffer; bits: bigint };
type KindValue<K> = K extends keyof ScalarValue ? ScalarValue[K] : K extends Table<infer F> ? ValueOfFields<F> : never;
type FieldValue<F> = F extends Field<infer V, infer R, boolean> ? (R extends true ? V[] : V) : never;
type RequiredKeys<F extends Fields> = { [K in keyof F]: F[K] extends { isRequired: true } ? K : never }[keyof F];
type ValueOfFields<F extends Fields> = { [K in RequiredKeys<F>]: FieldValue<F[K]> } & {
  [K in Exclude<keyof F, RequiredKeys<F>>]?: FieldValue<F[K]> | undefined;
};

/** The TypeScript type of a table's message. */
export type ValueOf<T> = T extends Table<infer F> ? ValueOfFields<F> : never;

export function table<F extends Fields>(fields: F): Table<F> {
  const list = Object.entries(fields)
    .map(([name, f]) => ({ name, tag: f.number * 8 + wireTypeOf(f.kind), kind: f.kind, isRepeated: f.isRepeated }))
    .sort((a, b) => a.tag - b.tag);
  const byNumber: NamedField[] = [];
  for (const field of list) byNumber[field.tag >>> 3] = field;
  const requiredNames = Object.keys(fields).filter((name) => fields[name]!.isRequired);
  return { list, byNumber, requiredNames };
}

export function required<K extends Kind>(number: number, kind: K): Field<KindValue<K>, false, true> {
  return { number, kind, isRepeated: false, isRequired: true };
}

export function optional<K extends Kind>(number: number, kind: K): Field<KindValue<K>, false, false> {
  return { number, kind, isRepeated: false, isRequired: false };
}

export function repeated<K extends Kind>(number: number, kind: K): Field<KindValue<K>, true, false> {
  return { number, kind, isRepeated: true, isRequired: false };
}

/** Protobuf's wire type: 0 varint, 2 with a length before it. */
export function wireTypeOf(kind: Kind): 0 | 2 {
  return kind === 'text' || kind === 'bytes' || typeof kind === 'object' ? 2 : 0;
}
