import type { SystemType, SystemValue } from './system-type.ts';

export interface SystemColumn {
  readonly name: string;
  readonly type: SystemType;
}

/** A table that the stand-in makes up itself; its rows are made for each question. */
export interface SystemTable {
  readonly keyspace: string;
  readonly name: string;
  readonly columns: readonly SystemColumn[];
  readonly rows: () => readonly (readonly SystemValue[])[];
}

/** A table from the types of its columns and rows that name what they have; the rest is null. */
export function systemTable(
  keyspace: string,
  name: string,
  types: Readonly<Record<string, SystemType>>,
  rows: () => readonly Readonly<Record<string, SystemValue>>[] = () => [],
): SystemTable {
  const columns = Object.entries(types).map(([column, type]) => ({ name: column, type }));
  const cells = (row: Readonly<Record<string, SystemValue>>) => columns.map((column) => row[column.name] ?? null);
  return { keyspace, name, columns, rows: () => rows().map(cells) };
}
