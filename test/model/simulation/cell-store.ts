import { isBetween } from '../../../src/model/clustering-order.ts';
import type { Cell, PartitionUpdate, RangeDeletion, RowChange, RowMarker } from '../../../src/model/mutation.ts';
import type { Column } from '../../../src/model/table.ts';
import { largest, secondsOf } from './instants.ts';
import { reconcileCells, reconcileMarkers, type Ties } from './reconcile.ts';
import { keyText, table } from './simulated-table.ts';

/** What CQL shows of a row: no marker, no tombstone, no write time or TTL of a map's elements. */
export interface RowImage {
  readonly clustering: readonly Buffer[];
  readonly cells: readonly ImageCell[];
  /** The newest write time among the cells that CQL tells one of. */
  readonly newestMicros: bigint | undefined;
}

export interface ImageCell {
  readonly column: Column;
  readonly path?: Buffer;
  readonly value: Buffer;
  readonly expiresAtSeconds?: number;
}

interface StoredRow {
  readonly clustering: readonly Buffer[];
  marker: RowMarker | undefined;
  deletedUpTo: bigint;
  readonly columnsDeletedUpTo: Map<string, bigint>;
  readonly cells: Map<string, Cell>;
}

interface StoredPartition {
  deletedUpTo: bigint;
  readonly ranges: RangeDeletion[];
  readonly staticRow: StoredRow;
  readonly rows: Map<string, StoredRow>;
}

const never = -1n;

/** A last-write-wins store of one table, with markers and deletes of every size; nothing is ever purged. */
export class CellStore {
  readonly #ties: Ties;
  readonly #partitions = new Map<string, StoredPartition>();

  constructor(ties: Ties) {
    this.#ties = ties;
  }

  apply(update: PartitionUpdate): void {
    const partition = this.#partitionOf(update.partitionKey);
    if (update.partitionDeletion) {
      partition.deletedUpTo = largest(partition.deletedUpTo, update.partitionDeletion.timestampMicros);
    }
    partition.ranges.push(...update.rangeDeletions);
    if (update.staticRow) this.#applyRow(partition.staticRow, update.staticRow);
    for (const change of update.rows) this.#applyRow(rowOf(partition, change.clustering), change);
  }

  /** The row as CQL shows it, or undefined when there is none. */
  readRow(partitionKey: Buffer, clustering: readonly Buffer[], nowMicros: bigint): RowImage | undefined {
    const partition = this.#partitionOf(partitionKey);
    const row = partition.rows.get(keyText(clustering));
    if (!row) return undefined;
    const hiddenUpTo = hiddenBy(partition, row);
    const image = imageOf(row, hiddenUpTo, nowMicros);
    return image.cells.length > 0 || isMarkerLive(row.marker, hiddenUpTo, nowMicros) ? image : undefined;
  }

  readStatic(partitionKey: Buffer, nowMicros: bigint): RowImage {
    const partition = this.#partitionOf(partitionKey);
    return imageOf(partition.staticRow, partition.deletedUpTo, nowMicros);
  }

  readRows(partitionKey: Buffer, nowMicros: bigint): readonly RowImage[] {
    const rows = [...this.#partitionOf(partitionKey).rows.values()];
    return rows.flatMap((row) => this.readRow(partitionKey, row.clustering, nowMicros) ?? []);
  }

  #partitionOf(key: Buffer): StoredPartition {
    const text = keyText([key]);
    const found = this.#partitions.get(text);
    if (found) return found;
    const created = { deletedUpTo: never, ranges: [], staticRow: emptyRow([]), rows: new Map() };
    this.#partitions.set(text, created);
    return created;
  }

  #applyRow(row: StoredRow, change: RowChange): void {
    if (change.marker) row.marker = reconcileMarkers(row.marker, change.marker, this.#ties);
    if (change.deletion) row.deletedUpTo = largest(row.deletedUpTo, change.deletion.timestampMicros);
    for (const { column, timestampMicros } of change.columnDeletions) {
      const before = row.columnsDeletedUpTo.get(column.name) ?? never;
      row.columnsDeletedUpTo.set(column.name, largest(before, timestampMicros));
    }
    for (const cell of change.cells) {
      const key = cell.path ? `${cell.column.name}/${cell.path.toString('hex')}` : cell.column.name;
      const old = row.cells.get(key);
      row.cells.set(key, old ? reconcileCells(old, cell, this.#ties) : cell);
    }
  }
}

function rowOf(partition: StoredPartition, clustering: readonly Buffer[]): StoredRow {
  const key = keyText(clustering);
  const found = partition.rows.get(key);
  if (found) return found;
  const created = emptyRow(clustering);
  partition.rows.set(key, created);
  return created;
}

function emptyRow(clustering: readonly Buffer[]): StoredRow {
  return { clustering, marker: undefined, deletedUpTo: never, columnsDeletedUpTo: new Map(), cells: new Map() };
}

function hiddenBy(partition: StoredPartition, row: StoredRow): bigint {
  const ranges = partition.ranges.filter((range) => isBetween(row.clustering, range, table.clustering));
  return largest(partition.deletedUpTo, row.deletedUpTo, ...ranges.map((range) => range.timestampMicros));
}

function isMarkerLive(marker: RowMarker | undefined, hiddenUpTo: bigint, nowMicros: bigint): boolean {
  if (!marker || marker.timestampMicros <= hiddenUpTo) return false;
  return !marker.expiry || marker.expiry.expiresAtSeconds > secondsOf(nowMicros);
}

function imageOf(row: StoredRow, hiddenUpTo: bigint, nowMicros: bigint): RowImage {
  const cells: ImageCell[] = [];
  let newestMicros: bigint | undefined;
  for (const cell of row.cells.values()) {
    const columnHiddenUpTo = largest(hiddenUpTo, row.columnsDeletedUpTo.get(cell.column.name) ?? never);
    const live = liveCell(cell, columnHiddenUpTo, nowMicros);
    if (!live) continue;
    cells.push(live);
    if (!cell.path) newestMicros = largest(newestMicros ?? never, cell.timestampMicros);
  }
  return { clustering: row.clustering, cells, newestMicros };
}

function liveCell(cell: Cell, hiddenUpTo: bigint, nowMicros: bigint): ImageCell | undefined {
  if (cell.timestampMicros <= hiddenUpTo || cell.value === undefined) return undefined;
  if (cell.expiry && cell.expiry.expiresAtSeconds <= secondsOf(nowMicros)) return undefined;
  return {
    column: cell.column,
    value: cell.value,
    ...(cell.path && { path: cell.path }),
    ...(cell.expiry && { expiresAtSeconds: cell.expiry.expiresAtSeconds }),
  };
}
