import { setTimeout as sleep } from 'node:timers/promises';
import type { CqlPool } from '../../src/wire/cql/cql-pool.ts';
import type { CaptureWorld } from './capture-world.ts';

/** Tables whose rows fill segments quickly. */
export function pageTables(keyspace: string, options = ''): readonly string[] {
  return ['early', 'late'].map((name) => `CREATE TABLE ${keyspace}.${name} (pk int PRIMARY KEY, page text) ${options}`);
}

export interface WrittenPage {
  /** Its own, by which it is recognised in the log. */
  readonly timestampMicros: bigint;
  readonly tableId: string;
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

export interface PagesWritten {
  readonly written: readonly WrittenPage[];
  /** When the node refused a write for the first time. */
  readonly refusedMs: number | undefined;
  readonly refused: number;
}

interface PagesToWrite {
  readonly table: string;
  readonly count: number;
  readonly mostRefused?: number;
  /** Of each of four writers, after each page. */
  readonly pauseMs?: number;
}

const pageBytes = 20_000;
const page = 'x'.repeat(pageBytes);

/** As an application that goes on whatever it is told: about three megabytes a second with the usual pause of 20 ms. */
export async function writePages(
  pool: CqlPool,
  { tables }: Pick<CaptureWorld, 'tables'>,
  { table: name, count, mostRefused = count, pauseMs = 20 }: PagesToWrite,
): Promise<PagesWritten> {
  const table = tables.find((one) => one.name === name)!;
  const written: WrittenPage[] = [];
  const startMicros = BigInt(Date.now()) * 1000n;
  let [next, refused, refusedMs]: [number, number, number | undefined] = [0, 0, undefined];
  const lane = async () => {
    for (let n = next++; n < count && refused < mostRefused; n = next++) {
      const [timestampMicros, sentMs] = [startMicros + BigInt(n), Date.now()];
      const cql = `INSERT INTO ${table.keyspace}.${name} (pk, page) VALUES (${n}, '${page}') USING TIMESTAMP ${timestampMicros}`;
      const isTaken = await pool.query(cql, { consistency: 'ONE' }).then(
        () => true,
        () => false,
      );
      if (isTaken) written.push({ timestampMicros, tableId: table.id, sentMs, acknowledgedMs: Date.now() });
      else {
        refused++;
        refusedMs ??= Date.now();
      }
      await sleep(pauseMs);
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  return { written, refused, refusedMs };
}
