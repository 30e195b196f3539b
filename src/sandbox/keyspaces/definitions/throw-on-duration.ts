import type { ColumnDefinition } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';

export function throwOnDuration(rules: RuleBook, columns: readonly ColumnDefinition[]): void {
  if (columns.some(({ type }) => /\bduration\b/.test(type))) rules.refuse('duration-type');
}
