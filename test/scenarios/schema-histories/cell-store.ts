import { compareClustering } from '../../../src/model/clustering-order.ts';
import type { Cell, PartitionUpdate } from '../../../src/model/mutation.ts';
import type { Table } from '../../../src/model/table.ts';
import { largest } from '../../model/simulation/instants.ts';
import { keyText } from '../../model/simulation/simulated-table.ts';
import {
  columnDeletedUpTo,
  isAlive,
  never,
  partitionIn,
  type StoredPartition,
  type StoredRow,
} from '../../model/simulation/stored-partition.ts';

/** A row as CQL shows it, with what CQL tells of the cells of collections only to who knows their elements. */
export interface ShownRow {
  readonly partitionKey: Buffer;
  /** Undefined: the statics of a partition. */
  readonly clustering: readonly Buffer[] | undefined;
  /** Live ones, by column name and, of a collection, path. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly hasMarker: boolean;
}

/** The rows of one table, of which columns come and go; nothing is purged but by a truncate. */
export class CellStore {
  #partitions = new Map<string, StoredPartition>();

  apply(update: PartitionUpdate): void {
    partitionIn(this.#partitions, update.partitionKey).apply(update, 'by value');
  }

  truncate(): void {
    this.#partitions = new Map();
  }

  /** In the order of clustering; statics apart and first. `table` says what is there now, and what was dropped when. */
  partition(table: Table, key: Buffer, nowMicros: bigint): readonly ShownRow[] {
    const partition = this.#partitions.get(keyText([key]));
    if (partition === undefined) return [];
    const statics = liveCells(partition.statics, partition.deletedUpTo, table, nowMicros);
    const rows = [...partition.rows.values()].flatMap((row) => shownRow(row, partition, table, nowMicros) ?? []);
    rows.sort((a, b) => compareClustering(a.clustering!, b.clustering!, table.clustering));
    const shown =
      statics.size > 0 ? [{ partitionKey: key, clustering: undefined, cells: statics, hasMarker: false }] : [];
    return [...shown, ...rows];
  }

  rows(table: Table, nowMicros: bigint): readonly ShownRow[] {
    return [...this.#partitions.values()].flatMap(({ key }) => this.partition(table, key, nowMicros));
  }

  /** Columns of a row of which a value has ended. */
  endedColumns({ partitionKey, clustering }: ShownRow, nowMicros: bigint): ReadonlySet<string> {
    const row = partitionIn(this.#partitions, partitionKey).rowAt(clustering ?? []);
    const ended = [...row.cells.values()].filter((cell) => cell.expiry && !isAlive(cell, never, nowMicros));
    return new Set(ended.map(({ column }) => column.name));
  }
}

function shownRow(row: StoredRow, partition: StoredPartition, table: Table, nowMicros: bigint): ShownRow | undefined {
  const hiddenUpTo = partition.hiddenUpTo(row, table.clustering);
  const cells = liveCells(row, hiddenUpTo, table, nowMicros);
  const hasMarker = isAlive(row.marker, hiddenUpTo, nowMicros);
  if (cells.size === 0 && !hasMarker) return undefined;
  return { partitionKey: partition.key, clustering: row.clustering, cells, hasMarker };
}

function liveCells(row: StoredRow, hiddenUpTo: bigint, table: Table, nowMicros: bigint): ReadonlyMap<string, Cell> {
  return new Map(
    [...row.cells].filter(([, cell]) => {
      const { name } = cell.column;
      const upTo = largest(hiddenUpTo, columnDeletedUpTo(row, name), droppedAt(table, name));
      return table.columns.has(name) && cell.value !== undefined && isAlive(cell, upTo, nowMicros);
    }),
  );
}

function droppedAt(table: Table, name: string): bigint {
  return table.dropped.get(name)?.droppedAtMicros ?? never;
}
