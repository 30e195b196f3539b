import { type RowWrites, unset } from '../ports/target-keyspace.ts';
import { bigintBytes, intBytes, packValues } from './encode-values.ts';
import { isUnfrozenList } from './row-cells.ts';
import type { RowLayout } from './row-layout.ts';
import { columnsAWrite, insertRow } from './row-statements.ts';

/** All of a plain insert but its rows. */
export type PlainInsert = Omit<RowWrites, 'rows'>;

/**
 * The INSERT of the commonest row by far: nothing of it expires, its table has neither statics nor non-frozen lists. Its text is made once
 * a table, and its values are the cells as they came, with what is absent bound as unset: nothing older can be on the
 * target, so it needs no tombstone. Says the same as statementsOfSnapshotRow. Undefined where the table has no such rows.
 */
export function plainInsertOf(layout: RowLayout, keyspace: string, timestampMicros: bigint): PlainInsert | undefined {
  const { table, columns } = layout;
  if (columns.some((column) => column.kind === 'static' || isUnfrozenList(column.type))) return undefined;
  if (table.columns.size > columnsAWrite) return undefined;
  const using = [bigintBytes(timestampMicros), intBytes(0)];
  return {
    cql: insertText(layout, keyspace),
    valueCount: columns.length + using.length,
    using: packValues(using),
  };
}

function insertText({ table, columns }: RowLayout, keyspace: string): string {
  const others = columns.filter((column) => column.kind === 'regular');
  const place = { table, keyspace, partitionKey: [], clustering: [], isStatic: false };
  const values = others.map((column) => ({ column, value: unset }) as const);
  return insertRow(place, values, { timestampMicros: 0n, ttlSeconds: 0 })[0]!.cql;
}
