import type { MutationPlan } from '../statements/plan-mutation.ts';
import type { ColumnFacts, TableFacts } from '../statements/table-facts.ts';
import { type BoundValues, termValue } from '../statements/term-value.ts';

/** A row that a statement is about to write, by the encoded values of its key. */
export interface WrittenRow {
  readonly table: TableFacts;
  readonly partitionKey: readonly Buffer[];
  /** Undefined for a write of static columns alone. */
  readonly clustering: readonly Buffer[] | undefined;
}

/** Undefined where only the server can tell the key: `now()` in it, or INSERT JSON. */
export function writtenRow({ table, ...plan }: MutationPlan, bound: BoundValues): WrittenRow | undefined {
  const partitionKey = valuesOf(plan.partitionKey, table.partitionKey, bound);
  if (!partitionKey) return undefined;
  if (plan.clustering.every((term) => term === undefined) && table.clustering.length > 0)
    return { table, partitionKey, clustering: undefined };
  const clustering = valuesOf(plan.clustering, table.clustering, bound);
  return clustering && { table, partitionKey, clustering };
}

function valuesOf(
  terms: MutationPlan['partitionKey'],
  columns: readonly ColumnFacts[],
  bound: BoundValues,
): readonly Buffer[] | undefined {
  const values = terms.map((term, index) => termValue(term, columns[index]!.type, bound));
  // Copies: the keys of rows that expire outlive the frames they came in.
  return values.every((value) => Buffer.isBuffer(value)) ? values.map((value) => Buffer.from(value)) : undefined;
}
