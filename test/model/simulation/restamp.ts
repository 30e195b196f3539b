import type { PartitionUpdate, RowChange } from '../../../src/model/mutation.ts';

/** The same update at other write times. */
export function restamped(update: PartitionUpdate, stamp: (micros: bigint) => bigint): PartitionUpdate {
  const move = <T extends { readonly timestampMicros: bigint }>(part: T): T => ({
    ...part,
    timestampMicros: stamp(part.timestampMicros),
  });
  const moveRow = (row: RowChange): RowChange => ({
    ...row,
    ...(row.marker && { marker: move(row.marker) }),
    ...(row.deletion && { deletion: move(row.deletion) }),
    columnDeletions: row.columnDeletions.map(move),
    cells: row.cells.map(move),
  });
  return {
    ...update,
    ...(update.partitionDeletion && { partitionDeletion: move(update.partitionDeletion) }),
    ...(update.staticRow && { staticRow: moveRow(update.staticRow) }),
    rangeDeletions: update.rangeDeletions.map(move),
    rows: update.rows.map(moveRow),
  };
}
