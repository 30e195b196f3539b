import { systemTables } from '../../src/feeds/system-tables.ts';
import type { Mutation, PartitionUpdate, RowChange } from '../../src/model/mutation.ts';

/** Mutations of system_schema as a node writes them. */

type Values = Readonly<Record<string, Buffer | undefined>>;

const tables = new Map(systemTables().map((table) => [`${table.keyspace}.${table.name}`, table]));

export function createTable(
  name: string,
  id: string,
  atMicros: bigint,
  columns: Readonly<Record<string, string>> = {},
): Mutation {
  const all: Readonly<Record<string, string>> = { p: 'int', ...columns };
  const columnRows = Object.entries(all).map(([column, type]) =>
    written([name, column], atMicros, columnValues(column, type)),
  );
  return { updates: [update('columns', columnRows), update('tables', [tableRow(name, id, atMicros)])] };
}

export function addColumn(name: string, id: string, column: string, type: string, atMicros: bigint): Mutation {
  return {
    updates: [
      update('columns', [written([name, column], atMicros, columnValues(column, type))]),
      update('tables', [tableRow(name, id, atMicros)]),
    ],
  };
}

export function dropTable(name: string, columns: readonly string[], atMicros: bigint): Mutation {
  return {
    updates: [
      update(
        'columns',
        columns.map((column) => deleted([name, column], atMicros)),
      ),
      update('tables', [deleted([name], atMicros)]),
    ],
  };
}

export function deleteColumns(name: string, columns: readonly string[], atMicros: bigint): Mutation {
  return {
    updates: [
      update(
        'columns',
        columns.map((column) => deleted([name, column], atMicros)),
      ),
    ],
  };
}

/** All column rows from those of one table to those of another. */
export function deleteColumnRange(from: string, to: string, timestampMicros: bigint): Mutation {
  const start = { values: [text(from)], isInclusive: true };
  const end = { values: [text(to)], isInclusive: true };
  return {
    updates: [{ ...update('columns', []), rangeDeletions: [{ start, end, timestampMicros, localDeletionTime: 0 }] }],
  };
}

export function dropKeyspace(atMicros: bigint): Mutation {
  const partitionDeletion = { timestampMicros: atMicros, localDeletionTime: 0 };
  return { updates: ['columns', 'tables', 'types'].map((name) => ({ ...update(name, []), partitionDeletion })) };
}

export function createType(name: string, fields: Readonly<Record<string, string>>, atMicros: bigint): Mutation {
  const values = { field_names: textList(Object.keys(fields)), field_types: textList(Object.values(fields)) };
  return { updates: [update('types', [written([name], atMicros, values)])] };
}

function columnValues(column: string, type: string): Values {
  const isKey = column === 'p';
  const position = Buffer.alloc(4);
  position.writeInt32BE(isKey ? 0 : -1);
  return {
    kind: text(isKey ? 'partition_key' : 'regular'),
    position,
    clustering_order: text('none'),
    type: text(type),
  };
}

function tableRow(name: string, id: string, atMicros: bigint): RowChange {
  return written([name], atMicros, {
    id: Buffer.from(id, 'hex'),
    cdc: Buffer.from([0]),
    flags: textList(['compound']),
  });
}

function update(table: string, rows: readonly RowChange[]): PartitionUpdate {
  return { table: tables.get(`system_schema.${table}`)!, partitionKey: text('ks'), rangeDeletions: [], rows };
}

function written(path: readonly string[], timestampMicros: bigint, values: Values): RowChange {
  // A name has one type in all tables of system_schema that are written here.
  const find = (name: string) =>
    [...tables.values()].map((table) => table.columns.get(name)).find((column) => column !== undefined)!;
  return {
    clustering: path.map(text),
    marker: { timestampMicros },
    columnDeletions: [],
    cells: Object.entries(values).map(([name, value]) => ({ column: find(name), timestampMicros, value })),
  };
}

function deleted(path: readonly string[], timestampMicros: bigint): RowChange {
  return {
    clustering: path.map(text),
    deletion: { timestampMicros, localDeletionTime: 0 },
    columnDeletions: [],
    cells: [],
  };
}

function text(value: string): Buffer {
  return Buffer.from(value);
}

function textList(values: readonly string[]): Buffer {
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    int32(values.length),
    ...values.flatMap((value) => [int32(Buffer.byteLength(value)), text(value)]),
  ]);
}
