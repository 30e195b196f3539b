import { isBetween } from '../../../src/model/clustering-order.ts';
import type { Cell, PartitionUpdate, RangeDeletion, RowChange, RowMarker } from '../../../src/model/mutation.ts';
import type { Column } from '../../../src/model/table.ts';
import { largest, secondsOf } from './instants.ts';
import { reconcileCells, reconcileMarkers, type Ties } from './reconcile.ts';
import { keyText } from './simulated-table.ts';

export interface StoredRow {
  readonly clustering: readonly Buffer[];
  marker: RowMarker | undefined;
  deletedUpTo: bigint;
  readonly columnsDeletedUpTo: Map<string, bigint>;
  /** By column name and, of a collection, path. */
  readonly cells: Map<string, Cell>;
}

/** Before all that is written. */
export const never = -(2n ** 63n);

/** A partition by last write wins, with markers and deletes of every size; nothing is ever purged. */
export class StoredPartition {
  readonly key: Buffer;
  readonly statics = emptyRow([]);
  readonly rows = new Map<string, StoredRow>();
  deletedUpTo = never;
  readonly #ranges: RangeDeletion[] = [];

  constructor(key: Buffer) {
    this.key = key;
  }

  apply({ partitionDeletion, rangeDeletions, staticRow, rows }: PartitionUpdate, ties: Ties): void {
    if (partitionDeletion) this.deletedUpTo = largest(this.deletedUpTo, partitionDeletion.timestampMicros);
    this.#ranges.push(...rangeDeletions);
    if (staticRow) applyRow(this.statics, staticRow, ties);
    for (const row of rows) applyRow(this.rowAt(row.clustering), row, ties);
  }

  rowAt(clustering: readonly Buffer[]): StoredRow {
    return foundOrMade(this.rows, keyText(clustering), () => emptyRow(clustering));
  }

  /** Up to when deletes of the row, or of more than it, hide what it has. */
  hiddenUpTo(row: StoredRow, columns: readonly Column[]): bigint {
    const ranges = this.#ranges.filter((range) => isBetween(row.clustering, range, columns));
    return largest(this.deletedUpTo, row.deletedUpTo, ...ranges.map((range) => range.timestampMicros));
  }
}

/** The partition of a key among those of a table. */
export function partitionIn(partitions: Map<string, StoredPartition>, key: Buffer): StoredPartition {
  return foundOrMade(partitions, keyText([key]), () => new StoredPartition(key));
}

export function columnDeletedUpTo(row: StoredRow, name: string): bigint {
  return row.columnsDeletedUpTo.get(name) ?? never;
}

/** Of a marker or a cell. */
export function isAlive(part: RowMarker | undefined, hiddenUpTo: bigint, nowMicros: bigint): boolean {
  if (part === undefined || part.timestampMicros <= hiddenUpTo) return false;
  return part.expiry === undefined || part.expiry.expiresAtSeconds > secondsOf(nowMicros);
}

function applyRow(row: StoredRow, change: RowChange, ties: Ties): void {
  if (change.marker) row.marker = reconcileMarkers(row.marker, change.marker, ties);
  if (change.deletion) row.deletedUpTo = largest(row.deletedUpTo, change.deletion.timestampMicros);
  for (const { column, timestampMicros } of change.columnDeletions)
    row.columnsDeletedUpTo.set(column.name, largest(columnDeletedUpTo(row, column.name), timestampMicros));
  for (const cell of change.cells) {
    const name = cell.path ? `${cell.column.name}/${cell.path.toString('hex')}` : cell.column.name;
    const old = row.cells.get(name);
    row.cells.set(name, old ? reconcileCells(old, cell, ties) : cell);
  }
}

function emptyRow(clustering: readonly Buffer[]): StoredRow {
  return { clustering, marker: undefined, deletedUpTo: never, columnsDeletedUpTo: new Map(), cells: new Map() };
}

function foundOrMade<Value>(known: Map<string, Value>, name: string, make: () => Value): Value {
  const found = known.get(name) ?? make();
  known.set(name, found);
  return found;
}
