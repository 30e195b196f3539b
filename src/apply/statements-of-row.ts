import type { EncodedRow } from '../ports/table-reader.ts';
import { type BoundValue, type TargetStatement, unset } from '../ports/target-keyspace.ts';
import {
  clusteringOf,
  partitionKeyOf,
  type ReadCell,
  type RowLayout,
  regularCells,
  staticCells,
} from './row-layout.ts';
import { type ColumnValue, deleteColumns, deleteRow, insertRow, type RowPlace, updateWhole } from './row-statements.ts';

export interface RowContext {
  readonly layout: RowLayout;
  /** The target keyspace. */
  readonly keyspace: string;
  /** The floor of the read. */
  readonly timestampMicros: bigint;
}

/** The row as it was read; nulls are left unset, since nothing older can be on the target. Statics go on their own. */
export function statementsOfSnapshotRow(row: EncodedRow, context: RowContext): readonly TargetStatement[] {
  const clustering = clusteringOf(context.layout, row);
  if (clustering === undefined) return [];
  return insertWithTtls(
    placeOf(row, clustering, context),
    regularCells(context.layout, row),
    unset,
    context.timestampMicros,
  );
}

/** The static values of the row's partition; once a partition is enough. Empty when it has none. */
export function statementsOfSnapshotStatics(row: EncodedRow, context: RowContext): readonly TargetStatement[] {
  const cells = staticCells(context.layout, row);
  if (cells.every((cell) => cell.value === null)) return [];
  return updatesByTtl(staticPlaceOf(row, context), cells, unset, context.timestampMicros);
}

/** The row as it was read, every absence included: a recopy overrules what an earlier read put there. */
export function statementsOfRecopiedRow(row: EncodedRow, context: RowContext): readonly TargetStatement[] {
  const clustering = clusteringOf(context.layout, row);
  if (clustering === undefined) return [];
  return insertWithTtls(
    placeOf(row, clustering, context),
    regularCells(context.layout, row),
    null,
    context.timestampMicros,
  );
}

/** The static values as they were read, absences included. */
export function statementsOfRecopiedStatics(row: EncodedRow, context: RowContext): readonly TargetStatement[] {
  return updatesByTtl(staticPlaceOf(row, context), staticCells(context.layout, row), null, context.timestampMicros);
}

/** A row that was not there when it was read. */
export function statementOfAbsentRow(
  partitionKey: readonly Buffer[],
  clustering: readonly Buffer[],
  context: RowContext,
): TargetStatement {
  const { layout, keyspace, timestampMicros } = context;
  return deleteRow({ table: layout.table, keyspace, partitionKey, clustering, isStatic: false }, timestampMicros);
}

/** Deletes all static values of a partition; empty where the table has none. */
export function statementsOfAbsentStatics(
  partitionKey: readonly Buffer[],
  { layout, keyspace, timestampMicros }: RowContext,
): readonly TargetStatement[] {
  const columns = layout.columns.filter((column) => column.kind === 'static');
  if (columns.length === 0) return [];
  return [
    deleteColumns(
      { table: layout.table, keyspace, partitionKey, clustering: [], isStatic: true },
      columns,
      timestampMicros,
    ),
  ];
}

/**
 * CQL cannot read a row marker, so the row gets one. It lives as long as the longest-lived cell when every cell
 * expires: an endless marker would leave an empty row behind that the source does not have.
 */
function insertWithTtls(
  place: RowPlace,
  cells: readonly ReadCell[],
  absent: BoundValue,
  timestampMicros: bigint,
): readonly TargetStatement[] {
  const present = cells.filter((cell) => cell.value !== null);
  const ttls = present.map((cell) => cell.ttlSeconds);
  const markerTtl = ttls.length > 0 && !ttls.includes(0) ? Math.max(...ttls) : 0;
  const inserted = cells.map(
    (cell): ColumnValue => ({ column: cell.column, value: boundValue(cell, markerTtl, absent) }),
  );
  const others = cells.filter((cell) => cell.value !== null && cell.ttlSeconds !== markerTtl);
  return [
    ...insertRow(place, inserted, { timestampMicros, ttlSeconds: markerTtl }),
    ...updatesOfPresent(place, cells, others, timestampMicros),
  ];
}

function boundValue(cell: ReadCell, ttlSeconds: number, absent: BoundValue): BoundValue {
  if (cell.value === null) return absent;
  return cell.ttlSeconds === ttlSeconds ? cell.value : unset;
}

function updatesByTtl(
  place: RowPlace,
  cells: readonly ReadCell[],
  absent: BoundValue,
  timestampMicros: bigint,
): readonly TargetStatement[] {
  if (cells.length === 0) return [];
  const lasting = cells.map((cell): ColumnValue => ({ column: cell.column, value: boundValue(cell, 0, absent) }));
  const expiring = cells.filter((cell) => cell.value !== null && cell.ttlSeconds > 0);
  const first = lasting.some(({ value }) => value !== unset)
    ? updateWhole(place, lasting, { timestampMicros, ttlSeconds: 0 })
    : [];
  return [...first, ...updatesOfPresent(place, cells, expiring, timestampMicros)];
}

/** One UPDATE a TTL, all of the same text: columns of other TTLs stay unset. */
function updatesOfPresent(
  place: RowPlace,
  all: readonly ReadCell[],
  present: readonly ReadCell[],
  timestampMicros: bigint,
): readonly TargetStatement[] {
  const ttls = [...new Set(present.map((cell) => cell.ttlSeconds))];
  return ttls.flatMap((ttlSeconds) => {
    const values = all.map(
      (cell): ColumnValue => ({
        column: cell.column,
        value: present.includes(cell) && cell.ttlSeconds === ttlSeconds ? cell.value : unset,
      }),
    );
    return updateWhole(place, values, { timestampMicros, ttlSeconds });
  });
}

function placeOf(row: EncodedRow, clustering: readonly Buffer[], { layout, keyspace }: RowContext): RowPlace {
  return { table: layout.table, keyspace, partitionKey: partitionKeyOf(layout, row), clustering, isStatic: false };
}

function staticPlaceOf(row: EncodedRow, { layout, keyspace }: RowContext): RowPlace {
  return { table: layout.table, keyspace, partitionKey: partitionKeyOf(layout, row), clustering: [], isStatic: true };
}
