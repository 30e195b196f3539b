import { type Column, quoteName } from '../model/table.ts';
import type { TargetStatement } from '../ports/target-keyspace.ts';
import { bigintBytes } from './encode-values.ts';
import { inWrites, nameOf, type RowPlace, whereOf } from './row-statements.ts';

/** The counters of a row, in the order of its columns; null for one that has no value. */
export type CounterValues = readonly (bigint | null)[];

/** One write, with what the target holds before it and after it, and at no time anything else. */
export interface CounterStep {
  readonly statement: TargetStatement;
  readonly before: CounterValues;
  readonly after: CounterValues;
}

/** What brings a row's counters on the target to those of the source: differences are added, what is too much is deleted. */
export function counterSteps(
  wanted: CounterValues,
  there: CounterValues,
  columns: readonly Column[],
  place: RowPlace,
): readonly CounterStep[] {
  const added = columns.flatMap((column, index) => {
    const by = differenceOf(wanted[index]!, there[index]!);
    return by === undefined ? [] : [{ column, by }];
  });
  const removed = columns.filter((_, index) => wanted[index] === null && there[index] !== null);
  const steps: CounterStep[] = [];
  const step = (statement: TargetStatement, done: readonly Column[]) => {
    const before = steps.at(-1)?.after ?? there;
    const after = columns.map((column, index) => (done.includes(column) ? wanted[index]! : before[index]!));
    steps.push({ statement, before, after });
  };
  for (const some of inWrites(added))
    step(
      addTo(place, some),
      some.map(({ column }) => column),
    );
  if (removed.length > 0) step(deleteFrom(place, removed), removed);
  return steps;
}

export function areSameCounters(a: CounterValues, b: CounterValues): boolean {
  return a.every((value, index) => value === b[index]);
}

/** Undefined where nothing is to be added; a counter of zero that is not there yet is written as zero. */
function differenceOf(wanted: bigint | null, there: bigint | null): bigint | undefined {
  if (wanted === null || wanted === there) return undefined;
  // Counters wrap around like the server's own sums.
  return BigInt.asIntN(64, wanted - (there ?? 0n));
}

function addTo(place: RowPlace, added: readonly { readonly column: Column; readonly by: bigint }[]): TargetStatement {
  const where = whereOf(place);
  const sums = added.map(({ column }) => `${quoteName(column.name)} = ${quoteName(column.name)} + ?`);
  return {
    cql: `UPDATE ${nameOf(place)} SET ${sums.join(', ')} WHERE ${where.cql}`,
    values: [...added.map(({ by }) => bigintBytes(by)), ...where.values],
  };
}

function deleteFrom(place: RowPlace, columns: readonly Column[]): TargetStatement {
  const where = whereOf(place);
  const names = columns.map((column) => quoteName(column.name));
  return { cql: `DELETE ${names.join(', ')} FROM ${nameOf(place)} WHERE ${where.cql}`, values: where.values };
}
