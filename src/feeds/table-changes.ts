import { createHash } from 'node:crypto';
import type { Table } from '../model/table.ts';

export interface TableChange {
  readonly what: 'created' | 'altered' | 'dropped';
  readonly keyspace: string;
  readonly table: string;
  readonly tableId: string;
  /** A fingerprint of what the table has become, or of what was dropped; when a column was dropped is part of it. */
  readonly shape: string;
}

/** What happened to the tables of a keyspace between two looks, each by name. A table created again counts as two changes. */
export function compareTables(
  before: ReadonlyMap<string, Table>,
  after: ReadonlyMap<string, Table>,
): readonly TableChange[] {
  const changes: TableChange[] = [];
  for (const [name, table] of before) {
    if (after.get(name)?.id !== table.id) changes.push(change('dropped', table));
  }
  for (const [name, table] of after) {
    const old = before.get(name);
    if (old?.id !== table.id) changes.push(change('created', table));
    else if (shapeOf(old) !== shapeOf(table)) changes.push(change('altered', table));
  }
  return changes;
}

function change(what: TableChange['what'], table: Table): TableChange {
  const shape = createHash('md5').update(shapeOf(table)).digest('hex').slice(0, 12);
  return { what, keyspace: table.keyspace, table: table.name, tableId: table.id, shape };
}

/** Everything about a table as text, fields of its user-defined types among it. */
function shapeOf(table: Table): string {
  return JSON.stringify(table, (_, value) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Map ? [...value.values()] : value;
  });
}
