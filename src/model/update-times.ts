import type { PartitionUpdate, RowChange } from './mutation.ts';

/** The oldest and the newest write time in an update; undefined for an update without content. */
export function writeTimesOf(
  update: PartitionUpdate,
): { readonly oldestMicros: bigint; readonly newestMicros: bigint } | undefined {
  let times: { oldestMicros: bigint; newestMicros: bigint } | undefined;
  const see = (timestampMicros: bigint) => {
    if (times === undefined) times = { oldestMicros: timestampMicros, newestMicros: timestampMicros };
    else if (timestampMicros < times.oldestMicros) times.oldestMicros = timestampMicros;
    else if (timestampMicros > times.newestMicros) times.newestMicros = timestampMicros;
  };
  if (update.partitionDeletion) see(update.partitionDeletion.timestampMicros);
  for (const deletion of update.rangeDeletions) see(deletion.timestampMicros);
  if (update.staticRow) seeRow(update.staticRow, see);
  for (const row of update.rows) seeRow(row, see);
  return times;
}

function seeRow(row: RowChange, see: (timestampMicros: bigint) => void): void {
  if (row.marker) see(row.marker.timestampMicros);
  if (row.deletion) see(row.deletion.timestampMicros);
  for (const deletion of row.columnDeletions) see(deletion.timestampMicros);
  for (const cell of row.cells) see(cell.timestampMicros);
}
