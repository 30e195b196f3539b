import type { Deletion, PartitionUpdate } from '../model/mutation.ts';
import type { Table } from '../model/table.ts';

/** Far too old to be applied: what such a delete covers is read again, lists and all. */
export const deletionLongAgo: Deletion = { timestampMicros: 1n, localDeletionTime: 0 };

/** What makes a row, or with `clustering` undefined a partition, be read again. */
export function updateToRecopy(
  table: Table,
  partitionKey: Buffer,
  clustering: readonly Buffer[] | undefined,
): PartitionUpdate {
  const isRow = clustering !== undefined && clustering.length === table.clustering.length;
  return {
    table,
    partitionKey,
    rangeDeletions: [],
    ...(isRow
      ? { rows: [{ clustering, deletion: deletionLongAgo, columnDeletions: [], cells: [] }] }
      : { rows: [], partitionDeletion: deletionLongAgo }),
  };
}
