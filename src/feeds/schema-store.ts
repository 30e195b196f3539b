import type { PartitionUpdate, RangeDeletion, RowChange } from '../model/mutation.ts';
import type { SchemaRows } from '../model/schema.ts';
import { LastWriteWinsRows, type RowPath } from './last-write-wins.ts';
import { type SectionName, schemaRows, sectionNames, storedRows } from './schema-rows.ts';
import { decodeSchemaValue } from './schema-value.ts';

/** The rows of system_schema that describe tables, merged from any number of reads and log records. */
export class SchemaStore {
  readonly #sections: Readonly<Record<SectionName, LastWriteWinsRows>> = {
    tables: new LastWriteWinsRows(),
    columns: new LastWriteWinsRows(),
    types: new LastWriteWinsRows(),
    droppedColumns: new LastWriteWinsRows(),
  };

  keyspaces(): readonly string[] {
    return [...new Set(sectionNames.flatMap((name) => this.#sections[name].keyspaces()))];
  }

  /**
   * Writes all rows of the keyspaces among them, as they were read at an instant: older changes that come later neither undo
   * them nor add to them, and what is not among them is gone.
   */
  replaceKeyspaces(rows: SchemaRows, readAtMicros: bigint): void {
    const keyspaces = new Set(rows.tables.map((row) => row.keyspace));
    for (const name of sectionNames) {
      for (const keyspace of keyspaces) this.#sections[name].delete([keyspace], readAtMicros - 1n);
      for (const { path, cells } of storedRows(rows, name)) {
        this.#sections[name].writeMarker(path, readAtMicros);
        for (const [column, value] of cells) this.#sections[name].writeCell(path, column, value, readAtMicros);
      }
    }
  }

  /** Applies an update of a system_schema table. False: it says something that is not understood, so the schema must be read. */
  apply(update: PartitionUpdate): boolean {
    const section = sectionOf(update);
    if (!section) return true;
    return applyUpdate(this.#sections[section], update);
  }

  rowsOf(keyspace: string): SchemaRows {
    return schemaRows((name) => this.#sections[name].visibleRows(keyspace));
  }
}

// A view is a table to whoever decodes its records, and shares the names of its keyspace with the tables.
const sectionsByTable: Readonly<Record<string, SectionName>> = {
  tables: 'tables',
  views: 'tables',
  columns: 'columns',
  types: 'types',
  dropped_columns: 'droppedColumns',
};

function sectionOf(update: PartitionUpdate): SectionName | undefined {
  return update.table.keyspace === 'system_schema' ? sectionsByTable[update.table.name] : undefined;
}

function applyUpdate(section: LastWriteWinsRows, update: PartitionUpdate): boolean {
  const keyspace = update.partitionKey.toString('utf8');
  if (update.partitionDeletion) section.delete([keyspace], update.partitionDeletion.timestampMicros);
  for (const range of update.rangeDeletions) {
    if (!isWholePrefix(range)) return false;
    section.delete(pathOf(keyspace, range.start.values), range.timestampMicros);
  }
  for (const row of update.rows) applyRow(section, pathOf(keyspace, row.clustering), row);
  return true;
}

/** Cassandra deletes what belongs to a table as "all rows that begin with its name". */
function isWholePrefix({ start, end }: RangeDeletion): boolean {
  const hasSameValues =
    start.values.length === end.values.length && start.values.every((value, i) => value.equals(end.values[i]!));
  return hasSameValues && start.isInclusive && end.isInclusive;
}

function applyRow(section: LastWriteWinsRows, path: RowPath, row: RowChange): void {
  if (row.deletion) section.delete(path, row.deletion.timestampMicros);
  if (row.marker) section.writeMarker(path, row.marker.timestampMicros);
  for (const { column, value, timestampMicros } of row.cells) {
    section.writeCell(path, column.name, value && decodeSchemaValue(column.type, value), timestampMicros);
  }
}

function pathOf(keyspace: string, values: readonly Buffer[]): RowPath {
  return [keyspace, ...values.map((value) => value.toString('utf8'))];
}
