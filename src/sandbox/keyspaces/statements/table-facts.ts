import type { CqlType } from '../../../model/cql-type.ts';

export interface ColumnFacts {
  readonly name: string;
  readonly kind: 'partition_key' | 'clustering' | 'static' | 'regular';
  readonly type: CqlType;
}

/** What the rules need to know of a table. */
export interface TableFacts {
  readonly keyspace: string;
  readonly name: string;
  readonly partitionKey: readonly ColumnFacts[];
  readonly clustering: readonly ColumnFacts[];
  /** All of them, by name. */
  readonly columns: ReadonlyMap<string, ColumnFacts>;
  readonly isCounter: boolean;
  readonly hasStatics: boolean;
  readonly clientSideTimestamps: boolean;
  readonly ttl: boolean;
}

/** `"keyspace"."table"`, as a statement of our own names it. */
export function quotedTable({ keyspace, name }: Pick<TableFacts, 'keyspace' | 'name'>): string {
  return `${quotedName(keyspace)}.${quotedName(name)}`;
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
