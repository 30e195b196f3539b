import { type SchemaRows, tablesOf } from '../model/schema.ts';
import type { Table } from '../model/table.ts';

export interface BuiltTables {
  readonly tables: readonly Table[];
  /** Why a table is not among them. */
  readonly fault: string | undefined;
}

/** Tables one by one, so that one with an unknown type does not hide the others. Those without their key columns are left out. */
export function buildTables(rows: SchemaRows): BuiltTables {
  const tables: Table[] = [];
  let fault: string | undefined;
  for (const row of rows.tables) {
    try {
      const [table] = tablesOf({ ...rows, tables: [row] });
      if (table && table.id !== '' && table.partitionKey.length > 0) tables.push(table);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      fault ??= `table ${row.keyspace}.${row.table}: ${error.message}`;
    }
  }
  return { tables, fault };
}
