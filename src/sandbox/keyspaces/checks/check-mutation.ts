import type { Relation } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';
import { hasLongNumber } from '../statements/number-digits.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';

const mostColumns = 225;
const mostColumnsWithTtl = 166;

/** Everything that can be told of a mutation before its values are bound. Throws RuleRefusal. */
export function checkMutation(rules: RuleBook, plan: MutationPlan): void {
  const { table, using, written, statement } = plan;
  const name = `${table.keyspace}.${table.name}`;
  if (using.timestamp && !table.clientSideTimestamps) rules.refuse('timestamps-disabled', ['USING TIMESTAMP', name]);
  if (using.ttl && !table.ttl) rules.refuse('ttl-disabled');
  if (statement.kind !== 'insert') checkWhere(rules, statement.where);
  const terms = written.map(({ term }) => term);
  if ([...terms, ...plan.partitionKey, ...plan.clustering].some((term) => term && hasLongNumber(term))) {
    rules.refuse('number-precision');
  }
  const count = written.filter(({ column }) => column.kind === 'regular').length;
  const most = using.ttl ? mostColumnsWithTtl : mostColumns;
  if (count > most)
    rules.refuse('column-count', [`${count} columns are written at once, at most ${most} are supported.`]);
}

function checkWhere(rules: RuleBook, where: readonly Relation[]): void {
  if (where.some(({ operator }) => operator === 'in')) {
    rules.refuse('in-restrictions', ['it is not supported in UPDATE and DELETE']);
  }
}
