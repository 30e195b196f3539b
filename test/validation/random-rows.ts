import fc from 'fast-check';
import { int, text } from '../support/a-table.ts';
import type { MemoryRow } from '../support/in-memory-reader.ts';

type Values = { readonly a?: string; readonly b?: string; readonly owner?: string };

export function row(id: number, at: number | undefined, values: Values): MemoryRow {
  const encoded = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, text(value)] as const],
  );
  return { values: { id: int(id), ...(at === undefined ? {} : { at: int(at) }), ...Object.fromEntries(encoded) } };
}

/** Partitions of a few rows, with static values or without, a static-only partition where there are no rows. */
export function rowSets(hasStatics: boolean): fc.Arbitrary<readonly MemoryRow[]> {
  const value = fc.option(fc.constantFrom('', 'x', 'y'), { nil: undefined });
  const rows = fc.dictionary(fc.constantFrom('1', '2', '3', '4'), fc.record({ a: value, b: value }));
  const partition = fc.record({ owner: hasStatics ? value : fc.constant(undefined), rows });
  return fc
    .dictionary(fc.constantFrom(...'123456789'), partition)
    .map((partitions) => Object.entries(partitions).flatMap(([id, part]) => rowsOfPartition(Number(id), part)));
}

interface Change {
  readonly changed: readonly number[];
  readonly others: readonly MemoryRow[];
  readonly hasStatics: boolean;
}

/** What the other side has: nearly the same most often, and now and then quite others. */
export function changedRows(rows: readonly MemoryRow[], { changed, others, hasStatics }: Change): readonly MemoryRow[] {
  return changed.length === 4 ? others : withOtherStatics(withoutRows(rows, changed), changed, hasStatics);
}

/** Some rows left out, some with another value, as `changed` has it. */
function withoutRows(rows: readonly MemoryRow[], changed: readonly number[]): readonly MemoryRow[] {
  const places = new Map(changed.map((number, nth) => [number % Math.max(1, rows.length), nth] as const));
  return rows.flatMap((each, index) => {
    const nth = places.get(index);
    if (nth === undefined || each.values.at === undefined) return [each];
    return nth % 2 === 0 ? [] : [{ values: { ...each.values, a: text('changed') } }];
  });
}

/** The statics of one partition changed, or gone, now and then. */
function withOtherStatics(
  rows: readonly MemoryRow[],
  changed: readonly number[],
  hasStatics: boolean,
): readonly MemoryRow[] {
  const [first = 0, second = 0] = changed;
  const id = rows[first % Math.max(1, rows.length)]?.values.id;
  if (!hasStatics || changed.length < 2 || !id) return rows;
  return rows.flatMap(({ values }) => {
    if (!values.id!.equals(id)) return [{ values }];
    const { owner, ...others } = values;
    if (second % 2 === 0) return [{ values: { ...others, owner: text('another') } }];
    return others.at ? [{ values: others }] : [];
  });
}

function rowsOfPartition(
  id: number,
  { owner, rows }: { owner: string | undefined; rows: Record<string, object> },
): readonly MemoryRow[] {
  const statics = owner === undefined ? {} : { owner };
  const entries = Object.entries(rows);
  if (entries.length === 0) return owner === undefined ? [] : [row(id, undefined, statics)];
  return entries.map(([at, values]) => row(id, Number(at), { ...values, ...statics }));
}

export function pageSizes(): fc.Arbitrary<readonly number[]> {
  return fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 });
}
