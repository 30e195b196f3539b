import type { SchemaValue } from './schema-value.ts';

/** Where a row stands: keyspace, then its clustering values. */
export type RowPath = readonly [keyspace: string, ...names: string[]];

export type VisibleRow = { readonly path: RowPath; readonly cells: ReadonlyMap<string, SchemaValue> };

/**
 * Rows merged as Cassandra merges them: the newest write of each cell stands, a deletion hides what is not newer than it.
 * Copies of one change come from every node and in any order; this is what makes them one.
 */
export class LastWriteWinsRows {
  readonly #keyspaces = new Map<string, Map<string, StoredRow>>();
  /** By joined path: of a row, of all rows of a table, of a whole keyspace. */
  readonly #deletions = new Map<string, bigint>();

  /** `value` undefined: the cell is deleted. */
  writeCell(path: RowPath, column: string, value: SchemaValue | undefined, timestampMicros: bigint): void {
    const { cells } = this.#rowAt(path);
    const known = cells.get(column);
    if (!known || known.timestampMicros <= timestampMicros) cells.set(column, { value, timestampMicros });
  }

  writeMarker(path: RowPath, timestampMicros: bigint): void {
    const row = this.#rowAt(path);
    if (row.markerMicros === undefined || row.markerMicros < timestampMicros) row.markerMicros = timestampMicros;
  }

  /** Deletes a row, or all rows under a shorter path. */
  delete(path: RowPath, timestampMicros: bigint): void {
    const key = keyOf(path);
    const known = this.#deletions.get(key);
    if (known === undefined || known < timestampMicros) this.#deletions.set(key, timestampMicros);
  }

  keyspaces(): readonly string[] {
    return [...this.#keyspaces.keys()];
  }

  /** The rows of a keyspace that are there now. */
  visibleRows(keyspace: string): readonly VisibleRow[] {
    const rows = [...(this.#keyspaces.get(keyspace)?.values() ?? [])];
    return rows.map((row) => this.#visible(row)).filter((row) => row !== undefined);
  }

  #rowAt(path: RowPath): StoredRow {
    const rows = this.#keyspaces.get(path[0]) ?? new Map<string, StoredRow>();
    this.#keyspaces.set(path[0], rows);
    const row = rows.get(keyOf(path)) ?? { path, cells: new Map(), markerMicros: undefined };
    rows.set(keyOf(path), row);
    return row;
  }

  #visible(row: StoredRow): VisibleRow | undefined {
    const isHidden = (timestampMicros: bigint) => this.#isDeleted(row.path, timestampMicros);
    const cells = new Map<string, SchemaValue>();
    for (const [column, { value, timestampMicros }] of row.cells) {
      if (value !== undefined && !isHidden(timestampMicros)) cells.set(column, value);
    }
    const hasMarker = row.markerMicros !== undefined && !isHidden(row.markerMicros);
    return hasMarker || cells.size > 0 ? { path: row.path, cells } : undefined;
  }

  #isDeleted(path: RowPath, timestampMicros: bigint): boolean {
    return path.some((_, index) => {
      const deletedAt = this.#deletions.get(keyOf(path.slice(0, index + 1)));
      return deletedAt !== undefined && timestampMicros <= deletedAt;
    });
  }
}

interface StoredRow {
  readonly path: RowPath;
  readonly cells: Map<string, { readonly value: SchemaValue | undefined; readonly timestampMicros: bigint }>;
  markerMicros: bigint | undefined;
}

// No name holds a zero byte, so that no two paths meet in one key.
function keyOf(path: readonly string[]): string {
  return path.join('\0');
}
