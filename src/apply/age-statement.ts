import type { TargetStatement } from '../ports/target-keyspace.ts';
import { intBytes } from './encode-values.ts';

/** Statements whose TTLs were right at an instant, by our clock. */
export function withTtlsAt(statements: readonly TargetStatement[], atMicros: bigint): readonly TargetStatement[] {
  return statements.map((statement) => {
    const index = ttlIndexOf(statement);
    const isExpiring = index !== undefined && (statement.values[index] as Buffer).readInt32BE() > 0;
    return isExpiring ? { ...statement, ttl: { index, atMicros } } : statement;
  });
}

/** The statement as it is to be sent now. One that has nothing left to live ends as soon as the target can let it. */
export function ageStatement(statement: TargetStatement, nowMicros: bigint): TargetStatement {
  if (statement.ttl === undefined) return statement;
  const { index, atMicros } = statement.ttl;
  const ageSeconds = Number((nowMicros - atMicros) / 1_000_000n);
  if (ageSeconds <= 0) return statement;
  const left = Math.max(1, (statement.values[index] as Buffer).readInt32BE() - ageSeconds);
  return { ...statement, values: statement.values.with(index, intBytes(left)) };
}

/** As row-statements.ts writes them. */
function ttlIndexOf({ cql, values }: TargetStatement): number | undefined {
  if (cql.startsWith('INSERT')) return values.length - 1;
  return cql.startsWith('UPDATE') ? 1 : undefined;
}
