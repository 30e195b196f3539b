import { isBetween } from '../../../src/model/clustering-order.ts';
import { compareValues } from '../../../src/model/compare-values.ts';
import type { Cell, PartitionUpdate, RangeDeletion, RowChange, RowMarker } from '../../../src/model/mutation.ts';
import type { Table } from '../../../src/model/table.ts';

/** A row as CQL shows it, with what CQL tells of the cells of collections only to who knows their elements. */
export interface ShownRow {
  readonly partitionKey: Buffer;
  /** Undefined: the statics of a partition. */
  readonly clustering: readonly Buffer[] | undefined;
  /** Live ones, by column name and, of a collection, path. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly hasMarker: boolean;
}

interface StoredRow {
  readonly clustering: readonly Buffer[];
  marker: RowMarker | undefined;
  deletedUpTo: bigint;
  readonly columnsDeletedUpTo: Map<string, bigint>;
  readonly cells: Map<string, Cell>;
}

interface StoredPartition {
  readonly key: Buffer;
  deletedUpTo: bigint;
  readonly ranges: RangeDeletion[];
  readonly statics: StoredRow;
  readonly rows: Map<string, StoredRow>;
}

const never = -(2n ** 63n);

/** The rows of one table by last write wins, as a Cassandra keeps them; nothing is purged but by a truncate. */
export class CellStore {
  #partitions = new Map<string, StoredPartition>();

  apply(update: PartitionUpdate): void {
    const partition = this.#partitionOf(update.partitionKey);
    const { partitionDeletion, staticRow } = update;
    if (partitionDeletion) partition.deletedUpTo = later(partition.deletedUpTo, partitionDeletion.timestampMicros);
    partition.ranges.push(...update.rangeDeletions);
    if (staticRow) applyRow(partition.statics, staticRow);
    for (const row of update.rows) applyRow(rowOf(partition, row.clustering), row);
  }

  truncate(): void {
    this.#partitions = new Map();
  }

  /** In the order of clustering; statics apart and first. `table` says what is there now, and what was dropped when. */
  partition(table: Table, key: Buffer, nowMicros: bigint): readonly ShownRow[] {
    const partition = this.#partitions.get(key.toString('hex'));
    if (partition === undefined) return [];
    const statics = liveCells(partition.statics, partition.deletedUpTo, table, nowMicros);
    const rows = [...partition.rows.values()].flatMap((row) => shownRow(row, partition, table, nowMicros) ?? []);
    rows.sort((a, b) => compareClustering(a.clustering!, b.clustering!, table));
    const shown =
      statics.size > 0 ? [{ partitionKey: key, clustering: undefined, cells: statics, hasMarker: false }] : [];
    return [...shown, ...rows];
  }

  rows(table: Table, nowMicros: bigint): readonly ShownRow[] {
    return [...this.#partitions.values()].flatMap(({ key }) => this.partition(table, key, nowMicros));
  }

  /** Columns of a row of which a value has ended. */
  endedColumns({ partitionKey, clustering }: ShownRow, nowMicros: bigint): ReadonlySet<string> {
    const row = rowOf(this.#partitionOf(partitionKey), clustering ?? []);
    const ended = [...row.cells.values()].filter((cell) => cell.expiry && !isAlive(cell, never, nowMicros));
    return new Set(ended.map(({ column }) => column.name));
  }

  #partitionOf(key: Buffer): StoredPartition {
    const text = key.toString('hex');
    const known = this.#partitions.get(text);
    if (known) return known;
    const created = { key, deletedUpTo: never, ranges: [], statics: emptyRow([]), rows: new Map() };
    this.#partitions.set(text, created);
    return created;
  }
}

function applyRow(row: StoredRow, change: RowChange): void {
  if (change.marker) row.marker = laterMarker(row.marker, change.marker);
  if (change.deletion) row.deletedUpTo = later(row.deletedUpTo, change.deletion.timestampMicros);
  for (const { column, timestampMicros } of change.columnDeletions)
    row.columnsDeletedUpTo.set(column.name, later(row.columnsDeletedUpTo.get(column.name) ?? never, timestampMicros));
  for (const cell of change.cells) {
    const name = cell.path ? `${cell.column.name}/${cell.path.toString('hex')}` : cell.column.name;
    const known = row.cells.get(name);
    row.cells.set(name, known && isWinner(known, cell) ? known : cell);
  }
}

function laterMarker(one: RowMarker | undefined, other: RowMarker): RowMarker {
  if (one === undefined || one.timestampMicros < other.timestampMicros) return other;
  if (one.timestampMicros > other.timestampMicros) return one;
  return (one.expiry?.expiresAtSeconds ?? 0) >= (other.expiry?.expiresAtSeconds ?? 0) ? one : other;
}

/** A tombstone before a value, what expires before what does not, the later end before the sooner, then the larger value. */
function isWinner(known: Cell, other: Cell): boolean {
  if (known.timestampMicros !== other.timestampMicros) return known.timestampMicros > other.timestampMicros;
  if (known.value === undefined || other.value === undefined) return known.value === undefined;
  const [one, two] = [known, other].map(({ expiry }) => expiry?.expiresAtSeconds ?? 0);
  return one === two ? Buffer.compare(known.value, other.value) >= 0 : one! > two!;
}

function shownRow(row: StoredRow, partition: StoredPartition, table: Table, nowMicros: bigint): ShownRow | undefined {
  const ranges = partition.ranges.filter((range) => isBetween(row.clustering, range, table.clustering));
  const hiddenUpTo = [partition.deletedUpTo, row.deletedUpTo, ...ranges.map((range) => range.timestampMicros)].reduce(
    later,
  );
  const cells = liveCells(row, hiddenUpTo, table, nowMicros);
  const hasMarker = isAlive(row.marker, hiddenUpTo, nowMicros);
  if (cells.size === 0 && !hasMarker) return undefined;
  return { partitionKey: partition.key, clustering: row.clustering, cells, hasMarker };
}

function liveCells(row: StoredRow, hiddenUpTo: bigint, table: Table, nowMicros: bigint): ReadonlyMap<string, Cell> {
  return new Map(
    [...row.cells].filter(([, cell]) => {
      const { name } = cell.column;
      const upTo = [hiddenUpTo, row.columnsDeletedUpTo.get(name) ?? never, droppedAt(table, name)].reduce(later);
      return table.columns.has(name) && cell.value !== undefined && isAlive(cell, upTo, nowMicros);
    }),
  );
}

function droppedAt(table: Table, name: string): bigint {
  return table.dropped.get(name)?.droppedAtMicros ?? never;
}

function isAlive(part: RowMarker | undefined, hiddenUpTo: bigint, nowMicros: bigint): boolean {
  if (part === undefined || part.timestampMicros <= hiddenUpTo) return false;
  return part.expiry === undefined || BigInt(part.expiry.expiresAtSeconds) > nowMicros / 1_000_000n;
}

function rowOf(partition: StoredPartition, clustering: readonly Buffer[]): StoredRow {
  const text = clustering.map((value) => value.toString('hex')).join('/');
  const known = partition.rows.get(text);
  if (known) return known;
  const created = emptyRow(clustering);
  partition.rows.set(text, created);
  return created;
}

function emptyRow(clustering: readonly Buffer[]): StoredRow {
  return { clustering, marker: undefined, deletedUpTo: never, columnsDeletedUpTo: new Map(), cells: new Map() };
}

function compareClustering(a: readonly Buffer[], b: readonly Buffer[], table: Table): number {
  for (const [index, column] of table.clustering.entries()) {
    const order = compareValues(a[index]!, b[index]!, column.type);
    if (order !== 0) return column.isReversed ? -order : order;
  }
  return 0;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
