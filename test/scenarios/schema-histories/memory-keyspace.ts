import { elementsBytes, entriesBytes } from '../../../src/apply/encode-values.ts';
import { OperatorError } from '../../../src/errors.ts';
import { isMulticell } from '../../../src/model/cql-type.ts';
import type { Cell } from '../../../src/model/mutation.ts';
import { joinPartitionKey } from '../../../src/model/partition-key.ts';
import { type ColumnRow, type DroppedColumnRow, type SchemaRows, tablesOf } from '../../../src/model/schema.ts';
import type { ColumnKind, Table } from '../../../src/model/table.ts';
import type { EncodedRow, PackedPage, PartitionRead, RowRead, TimedRead } from '../../../src/ports/table-reader.ts';
import { inMemoryReader, type MemoryRow } from '../../support/in-memory-reader.ts';
import { CellStore, type ShownRow } from './cell-store.ts';

export interface ColumnDefinition {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly type: string;
}

export interface TableDefinition {
  readonly name: string;
  readonly id: string;
  readonly columns: readonly ColumnDefinition[];
}

interface StoredTable extends TableDefinition {
  columns: readonly ColumnDefinition[];
  dropped: readonly DroppedColumnRow[];
  readonly rows: CellStore;
}

/** The tables of one side, and what they hold. */
export class MemoryKeyspace {
  readonly name: string;
  readonly #tables: ReadonlyMap<string, StoredTable>;
  #rows: SchemaRows | undefined;
  #known = new Map<string, Table>();

  constructor(name: string, tables: readonly TableDefinition[]) {
    this.name = name;
    this.#tables = new Map(tables.map((table) => [table.name, { ...table, dropped: [], rows: new CellStore() }]));
  }

  table(name: string): Table {
    const known = this.#known.get(name) ?? tablesOf(this.schema()).find((table) => table.name === name)!;
    this.#known.set(name, known);
    return known;
  }

  rowsOf(name: string): CellStore {
    return this.#tables.get(name)!.rows;
  }

  hasColumn(table: string, name: string): boolean {
    return this.#tables.get(table)!.columns.some((column) => column.name === name);
  }

  /** Answers the row of system_schema.columns. */
  add(table: string, column: ColumnDefinition): ColumnRow {
    const stored = this.#tables.get(table)!;
    stored.columns = [...stored.columns, column];
    this.#changed();
    return this.#columnRow(stored, column);
  }

  drop(table: string, name: string, atMicros: bigint): DroppedColumnRow {
    const stored = this.#tables.get(table)!;
    const { kind, type } = stored.columns.find((column) => column.name === name)!;
    const droppedTimeMs = `${atMicros / 1000n}`;
    const row: DroppedColumnRow = { keyspace: this.name, table, column: name, kind, type, droppedTimeMs };
    stored.columns = stored.columns.filter((column) => column.name !== name);
    stored.dropped = [...stored.dropped.filter(({ column }) => column !== name), row];
    this.#changed();
    return row;
  }

  schema(): SchemaRows {
    this.#rows ??= {
      tables: [...this.#tables.values()].map(({ name, id }) => {
        return { keyspace: this.name, table: name, id, flags: ['compound'], cdc: false, defaultTtlSeconds: 0 };
      }),
      columns: [...this.#tables.values()].flatMap((table) =>
        table.columns.map((column) => this.#columnRow(table, column)),
      ),
      types: [],
      droppedColumns: [...this.#tables.values()].flatMap(({ dropped }) => dropped),
    };
    return this.#rows;
  }

  /** Throws as a Cassandra's reader does for a column that is not there any more. */
  readPartition(read: PartitionRead, nowMicros: bigint): AsyncIterable<readonly EncodedRow[]> {
    const { table, partitionKey } = read;
    this.#throwOnGone(read);
    const shown = this.rowsOf(table.name).partition(this.table(table.name), joinPartitionKey(partitionKey), nowMicros);
    return inMemoryReader(memoryRows(shown, this.table(table.name), nowMicros), [2]).readPartition(read);
  }

  readTimed(read: TimedRead, nowMicros: bigint): AsyncIterable<PackedPage> {
    const { name } = read.table;
    this.#throwOnGone(read);
    const keys = new Set(
      this.rowsOf(name)
        .rows(this.table(name), nowMicros)
        .map(({ partitionKey }) => partitionKey),
    );
    const rows = [...keys].flatMap((key) =>
      memoryRows(this.rowsOf(name).partition(this.table(name), key, nowMicros), this.table(name), nowMicros),
    );
    return inMemoryReader(rows, [2]).readTimed(read);
  }

  #throwOnGone({ table, columns }: RowRead): void {
    const gone = columns.find(({ name }) => !this.hasColumn(table.name, name));
    if (gone) throw new OperatorError({ expected: 'to read it', found: `no column ${gone.name}`, next: 'look' });
  }

  #columnRow(table: TableDefinition, { name, kind, type }: ColumnDefinition): ColumnRow {
    const ofKind = table.columns.filter((column) => column.kind === kind);
    const isKey = kind === 'partition_key' || kind === 'clustering';
    const position = isKey ? ofKind.findIndex((column) => column.name === name) : -1;
    const clusteringOrder = kind === 'clustering' ? 'asc' : 'none';
    return { keyspace: this.name, table: table.name, column: name, kind, position, clusteringOrder, type };
  }

  #changed(): void {
    this.#rows = undefined;
    this.#known = new Map();
  }
}

/** Statics come with every row of their partition, and alone where it has none. */
function memoryRows(shown: readonly ShownRow[], table: Table, nowMicros: bigint): readonly MemoryRow[] {
  const statics = shown.find(({ clustering }) => clustering === undefined);
  const rows = shown.filter(({ clustering }) => clustering !== undefined);
  return (rows.length > 0 ? rows : shown).map((row) => {
    const own = [...row.cells.values()];
    const all = row === statics ? own : [...own, ...(statics?.cells.values() ?? [])];
    const keys = [...table.partitionKey, ...(row.clustering ? table.clustering : [])];
    const keyValues = [row.partitionKey, ...(row.clustering ?? [])];
    const byColumn = Map.groupBy(all, ({ column }) => column.name);
    return {
      values: {
        ...Object.fromEntries(keys.map(({ name }, index) => [name, keyValues[index]!])),
        ...Object.fromEntries([...byColumn].map(([name, cells]) => [name, columnValue(cells)])),
      },
      ttlSeconds: Object.fromEntries(
        [...byColumn].flatMap(([name, [cell]]) => (cell?.expiry ? [[name, secondsLeft(cell, nowMicros)]] : [])),
      ),
    };
  });
}

function columnValue(cells: readonly Cell[]): Buffer {
  const [first] = cells;
  const { type } = first!.column;
  if (!isMulticell(type)) return first!.value!;
  const sorted = cells.toSorted((a, b) => Buffer.compare(a.path!, b.path!));
  if (type.name === 'list') return elementsBytes(sorted.map(({ value }) => value!));
  return entriesBytes(sorted.map(({ path, value }) => [path!, value!]));
}

function secondsLeft({ expiry }: Cell, nowMicros: bigint): number {
  return expiry!.expiresAtSeconds - Number(nowMicros / 1_000_000n);
}
