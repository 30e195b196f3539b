import { decodeText } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** The full name of the partitioner's class. */
export async function readPartitioner(asker: Asker, signal?: AbortSignal): Promise<string> {
  const [row] = await queryRows(asker, 'SELECT partitioner FROM system.local', { ...(signal && { signal }) });
  return row?.partitioner ? decodeText(row.partitioner) : 'unknown';
}
