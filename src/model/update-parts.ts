import type { PartitionUpdate, RowChange } from './mutation.ts';

/** Chooses parts of an update (cells, markers, deletions) by their write time. */
export type KeepPart = (timestampMicros: bigint) => boolean;

/** The chosen parts of an update; undefined when none is left. */
export function keepUpdateParts(update: PartitionUpdate, keep: KeepPart): PartitionUpdate | undefined {
  const { table, partitionKey, partitionDeletion } = update;
  const staticRow = update.staticRow && keepRowParts(update.staticRow, keep);
  const kept: PartitionUpdate = {
    table,
    partitionKey,
    ...(partitionDeletion && keep(partitionDeletion.timestampMicros) && { partitionDeletion }),
    ...(staticRow && { staticRow }),
    rangeDeletions: update.rangeDeletions.filter(({ timestampMicros }) => keep(timestampMicros)),
    rows: update.rows.flatMap((row) => keepRowParts(row, keep) ?? []),
  };
  return isEmptyUpdate(kept) ? undefined : kept;
}

/** The chosen parts of a row; undefined when none is left. */
export function keepRowParts(row: RowChange, keep: KeepPart): RowChange | undefined {
  const { clustering, marker, deletion } = row;
  const kept: RowChange = {
    clustering,
    ...(marker && keep(marker.timestampMicros) && { marker }),
    ...(deletion && keep(deletion.timestampMicros) && { deletion }),
    columnDeletions: row.columnDeletions.filter(({ timestampMicros }) => keep(timestampMicros)),
    cells: row.cells.filter(({ timestampMicros }) => keep(timestampMicros)),
  };
  const isEmpty = !kept.marker && !kept.deletion && kept.columnDeletions.length === 0 && kept.cells.length === 0;
  return isEmpty ? undefined : kept;
}

export function isEmptyUpdate(update: PartitionUpdate): boolean {
  const { partitionDeletion, staticRow, rangeDeletions, rows } = update;
  return !partitionDeletion && !staticRow && rangeDeletions.length === 0 && rows.length === 0;
}
