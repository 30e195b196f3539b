import type { Cell, PartitionUpdate } from '../../../src/model/mutation.ts';
import type { Column } from '../../../src/model/table.ts';
import { largest } from './instants.ts';
import type { Ties } from './reconcile.ts';
import { keyText, table } from './simulated-table.ts';
import {
  columnDeletedUpTo,
  isAlive,
  never,
  partitionIn,
  type StoredPartition,
  type StoredRow,
} from './stored-partition.ts';

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

/** The rows of one table as CQL shows them. */
export class CellStore {
  readonly #ties: Ties;
  readonly #partitions = new Map<string, StoredPartition>();

  constructor(ties: Ties) {
    this.#ties = ties;
  }

  apply(update: PartitionUpdate): void {
    partitionIn(this.#partitions, update.partitionKey).apply(update, this.#ties);
  }

  /** The row as CQL shows it, or undefined when there is none. */
  readRow(partitionKey: Buffer, clustering: readonly Buffer[], nowMicros: bigint): RowImage | undefined {
    const partition = partitionIn(this.#partitions, partitionKey);
    const row = partition.rows.get(keyText(clustering));
    if (!row) return undefined;
    const hiddenUpTo = partition.hiddenUpTo(row, table.clustering);
    const image = imageOf(row, hiddenUpTo, nowMicros);
    return image.cells.length > 0 || isAlive(row.marker, hiddenUpTo, nowMicros) ? image : undefined;
  }

  readStatic(partitionKey: Buffer, nowMicros: bigint): RowImage {
    const partition = partitionIn(this.#partitions, partitionKey);
    return imageOf(partition.statics, partition.deletedUpTo, nowMicros);
  }

  readRows(partitionKey: Buffer, nowMicros: bigint): readonly RowImage[] {
    const rows = [...partitionIn(this.#partitions, partitionKey).rows.values()];
    return rows.flatMap((row) => this.readRow(partitionKey, row.clustering, nowMicros) ?? []);
  }
}

function imageOf(row: StoredRow, hiddenUpTo: bigint, nowMicros: bigint): RowImage {
  const cells: ImageCell[] = [];
  let newestMicros: bigint | undefined;
  for (const cell of row.cells.values()) {
    const columnHiddenUpTo = largest(hiddenUpTo, columnDeletedUpTo(row, cell.column.name));
    const live = liveCell(cell, columnHiddenUpTo, nowMicros);
    if (!live) continue;
    cells.push(live);
    if (!cell.path) newestMicros = largest(newestMicros ?? never, cell.timestampMicros);
  }
  return { clustering: row.clustering, cells, newestMicros };
}

function liveCell(cell: Cell, hiddenUpTo: bigint, nowMicros: bigint): ImageCell | undefined {
  if (cell.value === undefined || !isAlive(cell, hiddenUpTo, nowMicros)) return undefined;
  return {
    column: cell.column,
    value: cell.value,
    ...(cell.path && { path: cell.path }),
    ...(cell.expiry && { expiresAtSeconds: cell.expiry.expiresAtSeconds }),
  };
}
