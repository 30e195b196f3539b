import { CqlServerError } from '../../wire/cql/errors.ts';
import { decodeInt, decodeText } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/**
 * Compactions that wait on the node of this connection for one of its compaction threads; undefined where its version does not
 * tell. The virtual table holds numbers as int in 4.x and 5.0.
 */
export async function readPendingCompactions(asker: Asker, signal?: AbortSignal): Promise<number | undefined> {
  try {
    const cql = 'SELECT name, pending_tasks FROM system_views.thread_pools';
    const rows = await queryRows(asker, cql, { ...(signal && { signal }) });
    const pool = rows.find(({ name }) => name && decodeText(name) === 'CompactionExecutor');
    // The pool is there once something was compacted.
    return pool?.pending_tasks ? decodeInt(pool.pending_tasks) : 0;
  } catch (error) {
    if (error instanceof CqlServerError && error.codeName === 'INVALID') return undefined;
    throw error;
  }
}
