import type { PartitionUpdate } from '../model/mutation.ts';
import type { Table } from '../model/table.ts';

/**
 * What makes a row, or with `clustering` undefined a partition, be read again: as a delete of the beginning of time it is
 * far too old to be applied, so what it covers is read again, lists and all.
 */
export function updateToRecopy(
  table: Table,
  partitionKey: Buffer,
  clustering: readonly Buffer[] | undefined,
): PartitionUpdate {
  const deletion = { timestampMicros: 1n, localDeletionTime: 0 };
  const isRow = clustering !== undefined && clustering.length === table.clustering.length;
  return {
    table,
    partitionKey,
    rangeDeletions: [],
    ...(isRow
      ? { rows: [{ clustering, deletion, columnDeletions: [], cells: [] }] }
      : { rows: [], partitionDeletion: deletion }),
  };
}
