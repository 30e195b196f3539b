import { joinPartitionKey } from '../../../model/partition-key.ts';
import { tokenOf } from '../../../model/token.ts';
import type { Term } from '../cql/statement.ts';
import type { TableFacts } from '../statements/table-facts.ts';
import { type BoundValues, termValue } from '../statements/term-value.ts';

/** The token of a partition key; undefined where a part of it is not known here. */
export function keyToken(
  table: TableFacts,
  partitionKey: readonly (Term | undefined)[],
  bound: BoundValues,
): bigint | undefined {
  const parts: Buffer[] = [];
  for (const [index, term] of partitionKey.entries()) {
    const value = termValue(term, table.partitionKey[index]!.type, bound);
    if (!Buffer.isBuffer(value)) return undefined;
    parts.push(value);
  }
  return tokenOf(joinPartitionKey(parts));
}
