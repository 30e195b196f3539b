import type { Table } from '../../model/table.ts';
import type { SizeEstimate } from '../../ports/source-cluster.ts';
import { decodeBigint } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** One node's estimate for the ranges it is the first replica of, as it was at its last look (every five minutes). */
export async function readSizeEstimate(connection: Asker, table: Table, signal?: AbortSignal): Promise<SizeEstimate> {
  const rows = await queryRows(connection, estimates, {
    values: [Buffer.from(table.keyspace), Buffer.from(table.name)],
    ...(signal && { signal }),
  });
  return sumEstimates(
    rows.map((row) => ({
      partitions: Number(decodeBigint(row.partitions_count!)),
      meanPartitionBytes: Number(decodeBigint(row.mean_partition_size!)),
    })),
  );
}

const estimates =
  'SELECT partitions_count, mean_partition_size FROM system.size_estimates WHERE keyspace_name = ? AND table_name = ?';

export function sumEstimates(parts: readonly SizeEstimate[]): SizeEstimate {
  const partitions = parts.reduce((sum, part) => sum + part.partitions, 0);
  const bytes = parts.reduce((sum, part) => sum + part.partitions * part.meanPartitionBytes, 0);
  return { partitions, meanPartitionBytes: partitions === 0 ? 0 : Math.round(bytes / partitions) };
}
