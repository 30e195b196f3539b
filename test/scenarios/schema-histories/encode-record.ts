import { fixedLengthOf, isMulticell } from '../../../src/model/cql-type.ts';
import type { Cell, ColumnDeletion, Deletion, PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';
import type { Column } from '../../../src/model/table.ts';
import {
  boundKinds,
  clustering,
  deletion,
  localTime,
  mutation,
  prefixed,
  rangeMarker,
  timestamp,
  vint,
} from '../../wire/commitlog/mutation-builder.ts';

/** The body of the commit log record in which a node writes down the updates of one mutation. */
export function encodeRecord(...updates: readonly PartitionUpdate[]): Buffer {
  return mutation(...updates.map(encodeUpdate));
}

function encodeUpdate(update: PartitionUpdate): Buffer {
  const { table, partitionKey, partitionDeletion, staticRow, rangeDeletions, rows } = update;
  const statics = staticRow ? columnsOf([staticRow]) : [];
  const regulars = columnsOf(rows);
  const isFixed = table.clustering.every(({ type }) => fixedLengthOf(type) !== undefined);
  const parts = [
    Buffer.from(table.id, 'hex'),
    prefixed(partitionKey),
    Buffer.from([(partitionDeletion ? 0x04 : 0) | (staticRow ? 0x08 : 0)]),
    ...[vint(0), vint(0), vint(0)],
    ...(staticRow ? [columnList(statics)] : []),
    columnList(regulars),
    ...(partitionDeletion ? [encodeDeletion(partitionDeletion)] : []),
    ...(staticRow ? [encodeRow(staticRow, statics, 'static')] : []),
    ...rangeDeletions.flatMap((range) => [
      rangeMarker(boundKinds.startInclusive, range.start.values, encodeDeletion(range)),
      rangeMarker(boundKinds.endInclusive, range.end.values, encodeDeletion(range)),
    ]),
    ...rows.map((row) => encodeRow(row, regulars, isFixed ? 'fixed' : 'prefixed')),
    Buffer.from([0x01]),
  ];
  return Buffer.concat(parts);
}

function columnsOf(rows: readonly RowChange[]): readonly Column[] {
  const parts = rows.flatMap(({ cells, columnDeletions }) => [...cells, ...columnDeletions]);
  return [...new Map(parts.map(({ column }) => [column.name, column])).values()];
}

function columnList(columns: readonly Column[]): Buffer {
  return Buffer.concat([vint(columns.length), ...columns.map(({ name }) => prefixed(name))]);
}

function encodeRow(row: RowChange, listed: readonly Column[], how: 'static' | 'fixed' | 'prefixed'): Buffer {
  const { marker, columnDeletions } = row;
  const flags =
    (marker ? 0x04 : 0) |
    (marker?.expiry ? 0x08 : 0) |
    (row.deletion ? 0x10 : 0) |
    (columnDeletions.length > 0 ? 0x40 : 0);
  const present = listed.map((column) => isIn(row, column));
  const missing = present.reduce((bits, isPresent, index) => bits | (isPresent ? 0n : 1n << BigInt(index)), 0n);
  return Buffer.concat([
    how === 'static' ? Buffer.from([flags | 0x80, 0x01]) : Buffer.from([flags]),
    how === 'static' ? Buffer.alloc(0) : clustering(row.clustering, how === 'fixed'),
    ...(marker ? [timestamp(marker.timestampMicros)] : []),
    ...(marker?.expiry ? [vint(marker.expiry.ttlSeconds), localTime(marker.expiry.expiresAtSeconds)] : []),
    ...(row.deletion ? [encodeDeletion(row.deletion)] : []),
    vint(missing),
    ...listed.filter((_, index) => present[index]).map((column) => encodeColumn(row, column)),
  ]);
}

function isIn({ cells, columnDeletions }: RowChange, column: Column): boolean {
  return [...cells, ...columnDeletions].some((part) => part.column.name === column.name);
}

function encodeColumn(row: RowChange, column: Column): Buffer {
  const cells = row.cells.filter((cell) => cell.column.name === column.name);
  if (!isMulticell(column.type)) return encodeCell(cells[0]!);
  const ofColumn = row.columnDeletions.find((part) => part.column.name === column.name);
  return Buffer.concat([
    ...(row.columnDeletions.length > 0 ? [encodeDeletion(ofColumn ?? noDeletion(column))] : []),
    vint(cells.length),
    ...cells.map(encodeCell),
  ]);
}

function encodeCell({ column, timestampMicros, expiry, path, value }: Cell): Buffer {
  const isFixed = !isMulticell(column.type) && fixedLengthOf(column.type) !== undefined;
  const madeAtSeconds = Number(timestampMicros / 1_000_000n);
  const flags = value === undefined ? 0x05 : (expiry ? 0x02 : 0) | (value.length === 0 ? 0x04 : 0);
  return Buffer.concat([
    Buffer.from([flags]),
    timestamp(timestampMicros),
    ...(value === undefined ? [localTime(madeAtSeconds)] : []),
    ...(value !== undefined && expiry ? [localTime(expiry.expiresAtSeconds), vint(expiry.ttlSeconds)] : []),
    ...(path ? [prefixed(path)] : []),
    ...(value === undefined || value.length === 0 ? [] : [isFixed ? value : prefixed(value)]),
  ]);
}

function encodeDeletion({ timestampMicros, localDeletionTime }: Deletion): Buffer {
  return deletion(timestampMicros, localDeletionTime);
}

/** Written with the least timestamp there is. */
function noDeletion(column: Column): ColumnDeletion {
  return { column, timestampMicros: -(2n ** 63n), localDeletionTime: 2 ** 31 - 1 };
}
