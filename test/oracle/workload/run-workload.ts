import type { CqlPool } from '../../../src/wire/cql/cql-pool.ts';
import { CqlServerError } from '../../../src/wire/cql/errors.ts';
import { randomStatement } from './random-statement.ts';
import type { Workload, WorkloadStatement } from './workload-statement.ts';

export interface WorkloadResult {
  readonly accepted: number;
  /** By the beginning of the server's message; random statements are often refused. */
  readonly refused: ReadonlyMap<string, RefusedStatements>;
}

interface RefusedStatements {
  readonly count: number;
  readonly example: string;
}

/** Sends random statements until so many were accepted. */
export async function runWorkload(
  pool: CqlPool,
  keyspace: string,
  workload: Workload,
  wanted: number,
): Promise<WorkloadResult> {
  const refused = new Map<string, RefusedStatements>();
  let accepted = 0;
  const sendSome = async () => {
    while (accepted < wanted) {
      const statement = randomStatement(workload);
      try {
        await send(pool, keyspace, statement);
        accepted++;
      } catch (error) {
        if (!(error instanceof CqlServerError)) throw error;
        const reason = error.message.slice(0, 60);
        const { count, example } = refused.get(reason) ?? { count: 0, example: statement.cql.slice(0, 300) };
        refused.set(reason, { count: count + 1, example });
      }
    }
  };
  await Promise.all(Array.from({ length: 48 }, sendSome));
  return { accepted, refused };
}

async function send(pool: CqlPool, keyspace: string, { cql, values }: WorkloadStatement): Promise<void> {
  const text = cql.replaceAll('KS.', `${keyspace}.`);
  await pool.query(text, { consistency: 'ONE', serialConsistency: 'SERIAL', ...(values && { values }) });
}
