import { OperatorError } from '../errors.ts';
import { tablesOf } from '../model/schema.ts';
import type { Split } from '../model/split.ts';
import type { Table } from '../model/table.ts';
import type { HandOverRecord } from '../state/ledger-event.ts';

/** The migration's tables as they were at the hand-over. */
export function migratedTables({ schema, tables }: HandOverRecord): readonly Table[] {
  const ids = new Set(tables.map((table) => table.id));
  return tablesOf(schema).filter((table) => ids.has(table.id));
}

/** Finds the table that a split is of. */
export function tableFinder(record: HandOverRecord): (split: Split) => Table {
  const byId = new Map(migratedTables(record).map((table) => [table.id, table]));
  return (split) => {
    const table = byId.get(split.tableId);
    if (table) return table;
    throw new OperatorError({
      expected: `split ${split.id} to be of a table of the hand-over record`,
      found: `table id ${split.tableId}, which it does not name`,
      next: 'start a migration of another name: the splits topic holds splits of another plan',
    });
  };
}
