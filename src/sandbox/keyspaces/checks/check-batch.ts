import type { Batch } from '../cql/statement.ts';
import type { RuleBook } from '../rule-book.ts';
import type { MutationPlan } from '../statements/plan-mutation.ts';
import { type BoundValues, termValue } from '../statements/term-value.ts';

export interface BatchMember {
  readonly plan: MutationPlan;
  readonly bound: BoundValues;
}

const mostUnlogged = 30;
const mostLogged = 100;
const mostLoggedWithStatics = 50;
const mostLoggedBytes = 4 * 1024 * 1024;

/** What Keyspaces refuses of a whole batch. Throws RuleRefusal. */
export function checkBatch(
  rules: RuleBook,
  kind: Batch['batchKind'],
  members: readonly BatchMember[],
  bytes: number,
): void {
  if (kind === 'logged') checkLogged(rules, members, bytes);
  else checkUnlogged(rules, members);
}

function checkUnlogged(rules: RuleBook, members: readonly BatchMember[]): void {
  if (members.length > mostUnlogged) rules.refuse('unlogged-batch-size');
  if (members.some(({ plan }) => plan.isConditional)) rules.refuse('conditional-in-unlogged-batch');
  const tables = new Set(members.map(({ plan }) => `${plan.table.keyspace}.${plan.table.name}`));
  if (tables.size > 1) rules.refuse('batch-over-tables', [], 0x0000);
}

function checkLogged(rules: RuleBook, members: readonly BatchMember[], bytes: number): void {
  const refuse = (why: string) => rules.refuse('logged-batch', [why]);
  const hasStatics = members.some(({ plan }) => plan.table.hasStatics);
  const most = hasStatics ? mostLoggedWithStatics : mostLogged;
  if (members.length > most) refuse(`more than ${most} statements`);
  if (bytes > mostLoggedBytes) refuse('more than 4 MB');
  if (members.some(({ plan }) => plan.table.isCounter)) refuse('counters are not supported');
  if (members.some(({ plan }) => plan.isRangeDelete)) refuse('range deletes are not supported');
  if (hasRowTwice(members)) refuse('a row is in it more than once');
}

/** Whether two statements are of one row, as far as their values tell. */
export function hasRowTwice(members: readonly BatchMember[]): boolean {
  const seen = new Set<string>();
  for (const { plan, bound } of members) {
    const key = rowKey(plan, bound);
    if (key !== undefined && seen.has(key)) return true;
    if (key !== undefined) seen.add(key);
  }
  return false;
}

/** A text that two mutations share when they are of the same row; undefined where only the server knows. */
export function rowKey({ table, partitionKey, clustering }: MutationPlan, bound: BoundValues): string | undefined {
  const columns = [...table.partitionKey, ...table.clustering];
  const values = [...partitionKey, ...clustering].map((term, index) => termValue(term, columns[index]!.type, bound));
  if (values.some((value) => !Buffer.isBuffer(value))) return undefined;
  return `${table.keyspace}.${table.name}:${(values as Buffer[]).map((value) => value.toString('base64')).join(',')}`;
}
