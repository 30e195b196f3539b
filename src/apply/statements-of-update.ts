import type { Deletion, PartitionUpdate, RowChange, RowMarker } from '../model/mutation.ts';
import { splitPartitionKey } from '../model/partition-key.ts';
import type { TargetStatement } from '../ports/target-keyspace.ts';
import { type CellGroup, columnDeletionsLeft, groupCells, isHidden, remaining } from './row-cells.ts';
import { deleteColumns, deleteRow, insertGroup, type RowPlace, updateGroup } from './row-statements.ts';

export interface StatementContext {
  /** The target keyspace. */
  readonly keyspace: string;
  /** By the target's clock, which is the one that lets TTLs end. */
  readonly nowSeconds: number;
}

/**
 * The writes that do to the target what the update did to the source, each with its own write time; in any order and
 * however often they are sent, the same cells remain. Range and partition deletes are slices and non-frozen lists are
 * read again: neither is among them.
 */
export function statementsOfUpdate(update: PartitionUpdate, context: StatementContext): readonly TargetStatement[] {
  const partitionKey = splitPartitionKey(update.partitionKey, update.table.partitionKey.length);
  const placeOf = (clustering: readonly Buffer[], isStatic: boolean): RowPlace => ({
    table: update.table,
    keyspace: context.keyspace,
    partitionKey,
    clustering,
    isStatic,
  });
  const statics = update.staticRow
    ? statementsOfChange(update.staticRow, placeOf([], true), update.partitionDeletion, context.nowSeconds)
    : [];
  const rows = update.rows.flatMap((row) =>
    statementsOfChange(row, placeOf(row.clustering, false), update.partitionDeletion, context.nowSeconds),
  );
  return [...statics, ...rows];
}

function statementsOfChange(
  row: RowChange,
  place: RowPlace,
  partitionDeletion: Deletion | undefined,
  nowSeconds: number,
): readonly TargetStatement[] {
  const hiddenBy = laterDeletion(partitionDeletion, row.deletion);
  const marker = row.marker && !isHidden(row.marker.timestampMicros, hiddenBy) ? row.marker : undefined;
  const groups = groupCells(row, hiddenBy, nowSeconds);
  return [
    ...(row.deletion ? [deleteRow(place, row.deletion.timestampMicros)] : []),
    ...columnDeletionsLeft(row, hiddenBy, nowSeconds).map(({ column, timestampMicros }) =>
      deleteColumns(place, [column], timestampMicros),
    ),
    ...statementsOfGroups(groups, marker, place, nowSeconds),
  ];
}

/** The group that shares the marker's time and expiry becomes an INSERT, which is how the source had it; the others update. */
function statementsOfGroups(
  groups: readonly CellGroup[],
  marker: RowMarker | undefined,
  place: RowPlace,
  nowSeconds: number,
): readonly TargetStatement[] {
  if (marker === undefined) return groups.flatMap((group) => updateGroup(place, group));
  // An expired marker still hides an older live one, and CQL cannot delete only the marker: it is written to end at once.
  const ttlSeconds = remaining(marker.expiry, nowSeconds);
  const { timestampMicros } = marker;
  const isOfMarker = (group: CellGroup) => group.timestampMicros === timestampMicros && group.ttlSeconds === ttlSeconds;
  const own = groups.find(isOfMarker) ?? { timestampMicros, ttlSeconds, assignments: [] };
  return [
    ...insertGroup(place, own),
    ...groups.filter((group) => !isOfMarker(group)).flatMap((group) => updateGroup(place, group)),
  ];
}

function laterDeletion(a: Deletion | undefined, b: Deletion | undefined): Deletion | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.timestampMicros >= b.timestampMicros ? a : b;
}
