import type { CqlPool, PoolOptions } from './cql-pool.ts';
import { Pool } from './pool.ts';

/** Opens connections in the background; the first requests wait for them. */
export function openCqlPool(options: PoolOptions): CqlPool {
  return new Pool(options);
}
