import { splitPartitionKey } from '../model/partition-key.ts';
import { isInSlice, type JournalSlice } from '../model/slice-journal.ts';
import { keyColumns, type Table } from '../model/table.ts';
import { allEnded } from './all-ended.ts';
import type { ApplierParts } from './applier-parts.ts';
import { deleteRows } from './delete-rows.ts';
import { layoutOf, type RowKeys } from './row-layout.ts';
import { statementsOfAbsentStatics } from './statements-of-row.ts';

/**
 * A range or partition delete, which the target takes row by row: deletes what the target has in the slice at the
 * delete's own write time, so that rows written since live on. However many rows there are, memory holds a page of them:
 * `onDeleted` is told the keys of each page, and waited for.
 */
export async function deleteSlice(
  slice: JournalSlice,
  table: Table,
  parts: ApplierParts,
  onDeleted?: (keys: RowKeys) => Promise<void>,
): Promise<void> {
  const partitionKey = splitPartitionKey(slice.partitionKey, table.partitionKey.length);
  const context = { layout: layoutOf(table), keyspace: parts.keyspace, timestampMicros: slice.timestampMicros };
  const { writer, signal } = parts;
  for await (const keys of keysOfSlice(slice, table, partitionKey, parts)) {
    await deleteRows(partitionKey, keys, context, parts);
    await onDeleted?.(keys);
  }
  if (slice.range === undefined)
    await allEnded(
      statementsOfAbsentStatics(partitionKey, context).map((statement) => writer.write(statement, signal)),
    );
}

async function* keysOfSlice(
  slice: JournalSlice,
  table: Table,
  partitionKey: readonly Buffer[],
  { target, signal }: ApplierParts,
): AsyncIterable<RowKeys> {
  const clustering = commonPrefix(slice);
  const read = { table, columns: keyColumns(table), partitionKey, clustering, ...(signal && { signal }) };
  for await (const page of target.readPartition(read)) {
    const keys = page
      .map((row) => row.values.slice(partitionKey.length))
      .filter((key) => !key.includes(null)) as Buffer[][];
    yield keys.filter((key) => isInSlice(key, slice, table));
  }
}

/** What all rows of the slice begin with: only they are read. */
function commonPrefix({ range }: JournalSlice): readonly Buffer[] {
  if (range === undefined) return [];
  const { start, end } = range;
  const differsAt = start.values.findIndex(
    (value, index) => end.values[index] === undefined || !value.equals(end.values[index]),
  );
  return differsAt < 0 ? start.values : start.values.slice(0, differsAt);
}
