import type { PartitionUpdate, RowChange } from './mutation.ts';

/** The oldest and the newest write time in an update; undefined for an update without content. */
export function writeTimesOf(
  update: PartitionUpdate,
): { readonly oldestMicros: bigint; readonly newestMicros: bigint } | undefined {
  const times = [...timesOfUpdate(update)];
  if (times.length === 0) return undefined;
  return times.reduce(
    ({ oldestMicros, newestMicros }, time) => ({
      oldestMicros: time < oldestMicros ? time : oldestMicros,
      newestMicros: time > newestMicros ? time : newestMicros,
    }),
    { oldestMicros: times[0]!, newestMicros: times[0]! },
  );
}

function* timesOfUpdate(update: PartitionUpdate): Iterable<bigint> {
  if (update.partitionDeletion) yield update.partitionDeletion.timestampMicros;
  for (const deletion of update.rangeDeletions) yield deletion.timestampMicros;
  if (update.staticRow) yield* timesOfRow(update.staticRow);
  for (const row of update.rows) yield* timesOfRow(row);
}

function* timesOfRow(row: RowChange): Iterable<bigint> {
  if (row.marker) yield row.marker.timestampMicros;
  if (row.deletion) yield row.deletion.timestampMicros;
  for (const deletion of row.columnDeletions) yield deletion.timestampMicros;
  for (const cell of row.cells) yield cell.timestampMicros;
}
