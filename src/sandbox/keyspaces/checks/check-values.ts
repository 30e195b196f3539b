import type { CqlType } from '../../../model/cql-type.ts';
import { keyspacesLimits } from '../../../model/row-limits.ts';
import type { Term } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';
import type { EncodedSize } from '../statements/encoded-size.ts';
import { isTooPrecise } from '../statements/number-digits.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';
import type { ColumnFacts } from '../statements/table-facts.ts';
import { type BoundValues, termBytes, termNumber, termValue } from '../statements/term-value.ts';

const {
  rowBytes: mostRowBytes,
  partitionKeyBytes: mostPartitionKeyBytes,
  clusteringBytes: mostClusteringBytes,
} = keyspacesLimits;

/** Everything that the values of a mutation decide. Throws RuleRefusal. */
export function checkValues(rules: RuleBook, plan: MutationPlan, size: EncodedSize, bound: BoundValues): void {
  const { table, partitionKey, clustering, written, statement } = plan;
  if (keyBytes(partitionKey, table.partitionKey, bound) > mostPartitionKeyBytes) {
    rules.refuse('key-size', ['partition key', mostPartitionKeyBytes]);
  }
  if (keyBytes(clustering, table.clustering, bound) > mostClusteringBytes) {
    rules.refuse('key-size', ['clustering key', mostClusteringBytes]);
  }
  const json = statement.kind === 'insert' && statement.json ? termBytes(statement.json, textType, bound) : 0;
  if (size.row > mostRowBytes || json > mostRowBytes) rules.refuse('row-size');
  if (size.statics > mostRowBytes) rules.refuse('column-count', ['The static data of the partition exceeds 1 MB.']);
  for (const { column, term } of written) checkPrecision(rules, column, term, bound);
  for (const [index, column] of table.partitionKey.entries()) checkPrecision(rules, column, partitionKey[index], bound);
  for (const [index, column] of table.clustering.entries()) checkPrecision(rules, column, clustering[index], bound);
}

const textType: CqlType = { name: 'text', isFrozen: false, arguments: [] };

function keyBytes(terms: readonly (Term | undefined)[], columns: readonly ColumnFacts[], bound: BoundValues): number {
  let bytes = 0;
  for (const [index, term] of terms.entries()) if (term) bytes += termBytes(term, columns[index]!.type, bound);
  return bytes;
}

function checkPrecision(rules: RuleBook, { type }: ColumnFacts, term: Term | undefined, bound: BoundValues): void {
  if (type.name !== 'varint' && type.name !== 'decimal') return;
  if (isTooPrecise(type, termValue(term, type, bound))) rules.refuse('number-precision');
}

const pastMicros = 2n * 24n * 3_600_000_000n;
const futureMicros = 5n * 60_000_000n;

/** Whether the timestamps that a client gave are in the window. `frameMicros` counts only where the statement has none. */
export function checkTimestamps(
  rules: RuleBook,
  plan: MutationPlan,
  bound: BoundValues,
  frameMicros: bigint | undefined,
  nowMicros: bigint,
): void {
  if (!plan.table.clientSideTimestamps) return;
  // That frames are held to the window too is an assumption.
  const assumed = rules.isStrict ? frameMicros : undefined;
  const micros = plan.using.timestamp ? termNumber(plan.using.timestamp, bound) : assumed;
  if (micros === undefined || plan.isConditional) return;
  if (micros < nowMicros - pastMicros || micros > nowMicros + futureMicros) rules.refuse('timestamp-window', [micros]);
}
