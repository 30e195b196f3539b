import type { BodyReader } from './body-reader.ts';

/** A type as the protocol describes it. `code` is the number on the wire, kept for types we give no name. */
export type ColumnType =
  | { readonly kind: 'native'; readonly code: number; readonly name: string }
  | { readonly kind: 'custom'; readonly code: 0x00; readonly className: string }
  | { readonly kind: 'list'; readonly code: 0x20; readonly element: ColumnType }
  | { readonly kind: 'map'; readonly code: 0x21; readonly key: ColumnType; readonly value: ColumnType }
  | { readonly kind: 'set'; readonly code: 0x22; readonly element: ColumnType }
  | {
      readonly kind: 'udt';
      readonly code: 0x30;
      readonly keyspace: string;
      readonly name: string;
      readonly fields: readonly { readonly name: string; readonly type: ColumnType }[];
    }
  | { readonly kind: 'tuple'; readonly code: 0x31; readonly elements: readonly ColumnType[] };

/** Reads one type option of protocol v4 (section 4.2.5.2), however deeply nested. */
export function readColumnType(reader: BodyReader): ColumnType {
  const code = reader.short();
  switch (code) {
    case 0x00:
      return { kind: 'custom', code, className: reader.string() };
    case 0x20:
      return { kind: 'list', code, element: readColumnType(reader) };
    case 0x21:
      return { kind: 'map', code, key: readColumnType(reader), value: readColumnType(reader) };
    case 0x22:
      return { kind: 'set', code, element: readColumnType(reader) };
    case 0x30:
      return { kind: 'udt', code, keyspace: reader.string(), name: reader.string(), fields: readFields(reader) };
    case 0x31:
      return { kind: 'tuple', code, elements: times(reader.short(), () => readColumnType(reader)) };
    default:
      return { kind: 'native', code, name: nativeNames[code] ?? `type 0x${code.toString(16)}` };
  }
}

function readFields(reader: BodyReader) {
  return times(reader.short(), () => ({ name: reader.string(), type: readColumnType(reader) }));
}

function times<T>(count: number, read: () => T): T[] {
  const all: T[] = [];
  for (let i = 0; i < count; i++) all.push(read());
  return all;
}

const nativeNames: Readonly<Record<number, string>> = {
  1: 'ascii',
  2: 'bigint',
  3: 'blob',
  4: 'boolean',
  5: 'counter',
  6: 'decimal',
  7: 'double',
  8: 'float',
  9: 'int',
  11: 'timestamp',
  12: 'uuid',
  13: 'text',
  14: 'varint',
  15: 'timeuuid',
  16: 'inet',
  17: 'date',
  18: 'time',
  19: 'smallint',
  20: 'tinyint',
  21: 'duration',
};
