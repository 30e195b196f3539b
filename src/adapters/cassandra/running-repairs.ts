import { decodeBigint } from './decode-cell.ts';
import { type Asker, queryRows } from './query-rows.ts';

/** One that began earlier and never ended was interrupted, and nobody wrote that down. */
const mostHours = 24;

/** Repairs that began in the last day and have not ended. */
export async function countRunningRepairs(asker: Asker, signal?: AbortSignal): Promise<number> {
  const cql = 'SELECT started_at, finished_at FROM system_distributed.parent_repair_history';
  const rows = await queryRows(asker, cql, { ...(signal && { signal }) });
  const since = BigInt(Date.now() - mostHours * 3_600_000);
  return rows.filter((row) => row.finished_at === null && row.started_at && decodeBigint(row.started_at) > since)
    .length;
}
