import { setTimeout as sleep } from 'node:timers/promises';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';

interface Order {
  readonly statement: string;
  readonly values: readonly Buffer[];
}

/** One row a write, `perSecond` of them evenly, each when its time has come whether or not the one before is answered. */
export async function writePaced(
  pool: CqlPool,
  table: string,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
  onAcknowledged: (id: number) => void,
): Promise<void> {
  const began = performance.now();
  const writes: Promise<void>[] = [];
  for (let id = 0; id < perSecond * seconds; id++) {
    await until(began + (id * 1000) / perSecond);
    const { statement, values } = order(table, id);
    writes.push(pool.execute(statement, values, { consistency: 'ONE' }).then(() => onAcknowledged(id)));
  }
  await Promise.all(writes);
}

/**
 * Rows as fast as the node takes them, many to a request: an unlogged batch of different partitions is one mutation for each.
 * Writes ids from the first on until there are no more or the signal aborts, no more than `perSecond` if that is named; answers how many.
 */
export async function writeFast(pool: CqlPool, table: string, { count, perSecond, signal }: FastLoad): Promise<number> {
  const began = performance.now();
  let next = 0;
  const lane = async () => {
    while (next < count && !signal?.aborted) {
      const first = next;
      const end = Math.min(count, first + rowsPerBatch);
      next = end;
      if (perSecond !== undefined) await until(began + (first * 1000) / perSecond);
      const rows = Array.from({ length: end - first }, (_, i) => order(table, first + i));
      await pool.batch('unlogged', rows, { consistency: 'ONE' });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return next;
}

interface FastLoad {
  readonly count: number;
  readonly perSecond?: number | undefined;
  readonly signal?: AbortSignal;
}

async function until(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await sleep(waitMs);
}

/** Below the size at which a node refuses a batch. */
const rowsPerBatch = 100;
const lanes = 16;

/** About 90 bytes of values. */
function order(table: string, id: number): Order {
  const values = [
    int64(id),
    int32(id % 1000),
    int64(id * 7),
    Buffer.from(`order ${id} of customer ${id % 1000}, paid`),
  ];
  return { statement: `INSERT INTO ${table} (id, customer, amount, note) VALUES (?, ?, ?, ?)`, values };
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
