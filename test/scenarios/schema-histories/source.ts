import { intBytes } from '../../../src/apply/encode-values.ts';
import { systemTables } from '../../../src/feeds/system-tables.ts';
import { isMulticell } from '../../../src/model/cql-type.ts';
import type { Cell, ColumnDeletion, PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import type { Column, Table } from '../../../src/model/table.ts';
import { tokenOf, topicPartitionOf } from '../../../src/model/token.ts';
import { changesPartition, topics } from '../../../src/model/topics.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import { encodeRecord } from './encode-record.ts';
import type { RandomWrite, TableWrite } from './history.ts';
import { type ColumnDefinition, MemoryKeyspace } from './memory-keyspace.ts';
import { changing, elementPath, tables } from './tables.ts';

export const partitions = 2;

/** A record in the log of every node. */
export interface LoggedRecord {
  readonly topic: string;
  readonly body: Buffer;
}

/** The keyspace that is left: what is done to it stands in its log, in the order of its doing. */
export class Source {
  readonly keyspace = new MemoryKeyspace('shop', tables);
  readonly log: LoggedRecord[] = [];
  readonly #clock: Clock;
  /** Of each table, when it was last truncated. */
  readonly truncatedAtMicros = new Map<string, bigint>();
  /** Until then it answers no read. */
  awayUntilMicros = 0n;
  #writes = 0;
  #elements = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One mutation, of one partition key. */
  write(writes: readonly TableWrite[]): void {
    const updates = this.apply(writes);
    if (updates.length === 0) return;
    const partition = topicPartitionOf(tokenOf(updates[0]!.partitionKey), partitions);
    this.log.push({ topic: changesPartition(partition), body: encodeRecord(...updates) });
  }

  /** What nobody has captured. */
  apply(writes: readonly TableWrite[]): readonly PartitionUpdate[] {
    const updates = writes.flatMap(({ table: name, write }) => {
      const table = this.keyspace.table(name);
      return (
        updateOf(write, table, this.#writeTime(write.agedMs), this.#clock.nowMicros(), () =>
          elementPath(++this.#elements),
        ) ?? []
      );
    });
    for (const update of updates) this.keyspace.rowsOf(update.table.name).apply(update);
    return updates;
  }

  /** Adds the column, or drops it where it is there. */
  alter(table: string, name: string): void {
    const nowMicros = this.#clock.nowMicros();
    const column = changing[table]!.find((candidate) => candidate.name === name)!;
    if (this.keyspace.hasColumn(table, name)) this.#drop(table, name, nowMicros);
    else this.#add(table, column, nowMicros);
  }

  truncate(table: string): void {
    const nowMicros = this.#clock.nowMicros();
    this.truncatedAtMicros.set(table, nowMicros);
    this.keyspace.rowsOf(table).truncate();
    const note = Buffer.alloc(20);
    note.writeBigInt64BE(1n, 0);
    note.writeInt32BE(this.log.length, 8);
    note.writeBigInt64BE(nowMicros / 1000n, 12);
    const local = systemTable('system', 'local');
    const path = Buffer.from(this.keyspace.table(table).id, 'hex');
    const cell = { column: local.columns.get('truncated_at')!, path, value: note, timestampMicros: nowMicros };
    this.#logSchema(local, 'local', { clustering: [], columnDeletions: [], cells: [cell] });
  }

  /** No two writes have the same, nor one beside another's. */
  #writeTime(agedMs: number): bigint {
    const slot = BigInt(++this.#writes * 8);
    return ((this.#clock.nowMicros() - BigInt(agedMs) * 1000n) / 10_000n) * 10_000n + slot;
  }

  #add(table: string, column: ColumnDefinition, timestampMicros: bigint): void {
    const { kind, position, clusteringOrder, type } = this.keyspace.add(table, column);
    const columns = systemTable('system_schema', 'columns');
    const texts = { kind, clustering_order: clusteringOrder, type };
    const cells: Cell[] = Object.entries(texts).map(([name, value]) => textCell(columns, name, value, timestampMicros));
    cells.push({ column: columns.columns.get('position')!, value: intBytes(position), timestampMicros });
    this.#logSchema(columns, 'shop', {
      clustering: [table, column.name].map((text) => Buffer.from(text)),
      marker: { timestampMicros },
      columnDeletions: [],
      cells,
    });
  }

  #drop(table: string, name: string, timestampMicros: bigint): void {
    const { kind, type, droppedTimeMs } = this.keyspace.drop(table, name, timestampMicros);
    const clustering = [table, name].map((text) => Buffer.from(text));
    const dropped = systemTable('system_schema', 'dropped_columns');
    const time = Buffer.alloc(8);
    time.writeBigInt64BE(BigInt(droppedTimeMs));
    this.#logSchema(dropped, 'shop', {
      clustering,
      marker: { timestampMicros },
      columnDeletions: [],
      cells: [
        textCell(dropped, 'kind', kind, timestampMicros),
        textCell(dropped, 'type', type, timestampMicros),
        { column: dropped.columns.get('dropped_time')!, value: time, timestampMicros },
      ],
    });
    const deletion = { timestampMicros, localDeletionTime: Number(timestampMicros / 1_000_000n) };
    const columns = systemTable('system_schema', 'columns');
    this.#logSchema(columns, 'shop', { clustering, deletion, columnDeletions: [], cells: [] });
  }

  #logSchema(table: Table, partitionKey: string, row: RowChange): void {
    const update = { table, partitionKey: Buffer.from(partitionKey), rangeDeletions: [], rows: [row] };
    this.log.push({ topic: topics.schema, body: encodeRecord(update) });
  }
}

function systemTable(keyspace: string, name: string): Table {
  return systemTables().find((table) => table.keyspace === keyspace && table.name === name)!;
}

function textCell(table: Table, name: string, value: string, timestampMicros: bigint): Cell {
  return { column: table.columns.get(name)!, value: Buffer.from(value), timestampMicros };
}

/** Undefined where none of the columns is there. */
function updateOf(
  write: RandomWrite,
  table: Table,
  timestampMicros: bigint,
  nowMicros: bigint,
  newElement: () => Buffer,
): PartitionUpdate | undefined {
  const nowSeconds = Number(nowMicros / 1_000_000n);
  const deletion = { timestampMicros, localDeletionTime: nowSeconds };
  const base = { table, partitionKey: intBytes(write.k), rangeDeletions: [], rows: [] };
  const clustering = table.clustering.map(() => intBytes(write.c));
  const nothing = { columnDeletions: [], cells: [] };
  if (write.kind === 'delete-partition') return { ...base, partitionDeletion: deletion };
  if (write.kind === 'delete-row') return { ...base, rows: [{ ...nothing, clustering, deletion }] };
  if (write.kind === 'delete-range') {
    const end = { values: [intBytes(write.c + 1)], isInclusive: true };
    return { ...base, rangeDeletions: [{ ...deletion, start: { values: clustering, isInclusive: true }, end }] };
  }
  const { ttlSeconds } = write;
  const expiry = ttlSeconds === 0 ? undefined : { ttlSeconds, expiresAtSeconds: nowSeconds + ttlSeconds };
  const time = { timestampMicros, ...(expiry && { expiry }) };
  const columns = Object.keys(write.values).flatMap((name) => table.columns.get(name) ?? []);
  const parts = columns.map((column) => partsOf(column, write, time, newElement));
  const row: RowChange = {
    clustering: write.kind === 'statics' ? [] : clustering,
    ...(write.kind === 'insert' && { marker: time }),
    columnDeletions: parts.flatMap(({ columnDeletions }) => columnDeletions),
    cells: parts.flatMap(({ cells }) => cells),
  };
  if (!row.marker && row.cells.length === 0 && row.columnDeletions.length === 0) return undefined;
  return write.kind === 'statics' ? { ...base, staticRow: row } : { ...base, rows: [row] };
}

type WriteTime = Pick<Cell, 'timestampMicros' | 'expiry'>;

function partsOf(
  column: Column,
  { kind, values, isOverwrite }: RandomWrite,
  time: WriteTime,
  newElement: () => Buffer,
): { readonly columnDeletions: readonly ColumnDeletion[]; readonly cells: readonly Cell[] } {
  const { timestampMicros } = time;
  const value = kind === 'delete-columns' ? null : values[column.name]!;
  if (!isMulticell(column.type)) {
    const cell = value === null ? { timestampMicros, value: undefined } : { ...time, value: intBytes(value) };
    return { columnDeletions: [], cells: [{ column, ...cell }] };
  }
  const deletion = { column, timestampMicros, localDeletionTime: Number(timestampMicros / 1_000_000n) };
  if (kind === 'delete-columns') return { columnDeletions: [deletion], cells: [] };
  const overwritten = { ...deletion, timestampMicros: timestampMicros - 1n };
  const path = column.type.name === 'list' ? newElement() : intBytes(Math.abs(value ?? 1) % 3);
  const element: Cell =
    value === null
      ? { column, path, timestampMicros, value: undefined }
      : { column, path, ...time, value: intBytes(value) };
  if (!isOverwrite && kind !== 'insert') return { columnDeletions: [], cells: [element] };
  return { columnDeletions: [overwritten], cells: value === null ? [] : [element] };
}
