import type { CqlValue } from '../../../src/wire/cql/value.ts';
import type { Random } from '../../model/simulation/random.ts';
import type { WorkloadTable } from './workload-table.ts';

export interface WorkloadStatement {
  /** With the keyspace written KS. */
  readonly cql: string;
  readonly values?: readonly CqlValue[];
}

/** What statements are made from. */
export interface Workload {
  readonly random: Random;
  readonly tables: readonly WorkloadTable[];
}

/** Where a statement stands decides what it may say of its timestamp: alone anything, in a stamped batch or under a condition nothing. */
export type StampRule = 'any' | 'none';

/** ` USING ...` or nothing; times of all kinds, the server's own most often. */
export function using(random: Random, rule: StampRule, mayExpire: boolean): string {
  const parts = [
    ...(rule === 'any' && random.chance(0.4) ? [`TIMESTAMP ${anyTimestamp(random)}`] : []),
    ...(mayExpire && random.chance(0.25) ? [`TTL ${random.pick([1, 60, 86_400, 100_000_000, 0])}`] : []),
  ];
  return parts.length > 0 ? ` USING ${parts.join(' AND ')}` : '';
}

export function anyTimestamp(random: Random): bigint {
  const now = BigInt(Date.now()) * 1000n;
  const odd = [0n, -1_000_000n, 9_007_199_254_740_993n, 2n ** 63n - 1n, 1n - 2n ** 63n, now + 10n ** 15n];
  return random.chance(0.1) ? random.pick(odd) : now - BigInt(random.int(100_000_000));
}
