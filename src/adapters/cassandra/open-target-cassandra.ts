import type { TargetKeyspace } from '../../ports/target-keyspace.ts';
import type { CassandraEndpoint } from './endpoint.ts';
import { openPool } from './open-pool.ts';
import { readSchema } from './read-schema.ts';
import { waitForSchemaAgreement } from './schema-agreement.ts';
import { targetOverPool } from './target-over-pool.ts';

export interface TargetCassandraOptions extends CassandraEndpoint {
  readonly keyspace: string;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
}

/** A keyspace of a real Cassandra as the target; it need not exist yet. OperatorError if the cluster cannot be reached. */
export async function openTargetCassandra(options: TargetCassandraOptions): Promise<TargetKeyspace> {
  const { pool, facts, patienceMs } = await openPool(options, options.signal);
  return targetOverPool({
    pool,
    keyspace: options.keyspace,
    requestTimeoutMs: facts.requestTimeoutMs,
    patienceMs,
    readSchema,
    waitUntilDefined: waitForSchemaAgreement,
  });
}
