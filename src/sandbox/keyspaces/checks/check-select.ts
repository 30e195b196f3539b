import type { Select, Term } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';
import type { TableFacts } from '../statements/table-facts.ts';

const aggregates = new Set(['count', 'min', 'max', 'sum', 'avg']);

/** Everything that can be told of a SELECT before its values are bound. Throws RuleRefusal. */
export function checkSelect(rules: RuleBook, select: Select, table: TableFacts): void {
  for (const { term } of select.selectors) checkSelector(rules, term, table);
  if (select.isDistinct) rules.refuse('select-grammar', ['DISTINCT']);
  if (select.groupBy.length > 0) rules.refuse('select-grammar', ['GROUP BY']);
  if (select.where.some(({ isToken }) => isToken)) rules.refuse('other-partitioner');
  if (select.perPartitionLimit) rules.refuse('select-grammar', ['PER PARTITION LIMIT']);
  const hasIn = select.where.some(({ operator }) => operator === 'in');
  if (hasIn && select.where.some(({ isToken }) => isToken))
    rules.refuse('in-restrictions', ['not together with TOKEN']);
}

function checkSelector(rules: RuleBook, term: Term, table: TableFacts): void {
  if (term.kind !== 'call') return;
  const name = term.name.replace(/^system\./, '');
  if (aggregates.has(name)) rules.refuse('aggregates', [isRowCount(name, term.parts) ? 'countRows' : name]);
  if (name === 'writetime' && !table.clientSideTimestamps) {
    rules.refuse('timestamps-disabled', ['WRITETIME', `${table.keyspace}.${table.name}`]);
  }
  if (name === 'token') rules.refuse('other-partitioner');
  for (const part of term.parts) checkSelector(rules, part, table);
}

/** COUNT(*) and COUNT(1). */
function isRowCount(name: string, parts: readonly Term[]): boolean {
  const [part] = parts;
  return name === 'count' && (part?.kind === 'literal' || (part?.kind === 'column' && part.name === '*'));
}

const mostSubQueries = 100;

/** Whether an IN asks for more than Keyspaces answers. */
export function checkSubQueries(rules: RuleBook, count: number): void {
  if (count > mostSubQueries) {
    rules.refuse('in-restrictions', [`it makes ${count} sub-queries, at most ${mostSubQueries} are supported`]);
  }
}
