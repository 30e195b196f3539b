import type { Column, Table } from '../model/table.ts';

/** Every table that was ever seen, by id. Nothing is forgotten: its records may still be on their way. */
export class KnownTables {
  readonly #byId = new Map<string, Table>();

  get(id: string): Table | undefined {
    return this.#byId.get(id);
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Takes a table's newest version; columns that only earlier versions had stay decodable. */
  add(table: Table): void {
    const earlier = this.#byId.get(table.id);
    this.#byId.set(table.id, earlier ? withColumnsOf(table, earlier) : table);
  }
}

function withColumnsOf(table: Table, earlier: Table): Table {
  const lost = new Map<string, Column>();
  for (const [name, column] of [...earlier.dropped, ...earlier.columns]) {
    if (!table.columns.has(name) && !table.dropped.has(name)) lost.set(name, column);
  }
  return lost.size === 0 ? table : { ...table, dropped: new Map([...table.dropped, ...lost]) };
}
