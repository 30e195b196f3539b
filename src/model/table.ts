import type { CqlType } from './cql-type.ts';

export type ColumnKind = 'partition_key' | 'clustering' | 'static' | 'regular';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Place in the key; -1 for columns outside it. */
  readonly position: number;
  readonly type: CqlType;
  /** Clustering order DESC. */
  readonly isReversed: boolean;
  /** Of a dropped column: its cells written up to this microsecond are gone. */
  readonly droppedAtMicros?: bigint;
}

export interface Table {
  readonly keyspace: string;
  readonly name: string;
  /** 32 lower-case hex digits; a table that is dropped and created again gets another one. */
  readonly id: string;
  readonly isCounter: boolean;
  readonly hasCdc: boolean;
  /** 0: none. */
  readonly defaultTtlSeconds: number;
  readonly partitionKey: readonly Column[];
  readonly clustering: readonly Column[];
  /** Static and regular columns by name. */
  readonly columns: ReadonlyMap<string, Column>;
  readonly dropped: ReadonlyMap<string, Column>;
}

/** The whole primary key: partition key columns, then clustering columns. */
export function keyColumns(table: Table): readonly Column[] {
  return [...table.partitionKey, ...table.clustering];
}

export function staticColumns(table: Table): readonly Column[] {
  return [...table.columns.values()].filter((column) => column.kind === 'static');
}

export function regularColumns(table: Table): readonly Column[] {
  return [...table.columns.values()].filter((column) => column.kind === 'regular');
}

/** An identifier as CQL takes it whatever its letters. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"keyspace"."table"`; statements are always qualified. */
export function qualifiedName(
  table: { readonly keyspace: string; readonly name: string },
  keyspace = table.keyspace,
): string {
  return `${quoteName(keyspace)}.${quoteName(table.name)}`;
}
