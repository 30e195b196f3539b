import { BufferWriter, sizeOfValues } from '../../../wire/cql/buffer-writer.ts';
import type { CqlValue } from '../../../wire/cql/value.ts';
import type { Relation, Select, Term } from '../cql/statement.ts';
import type { BoundValues } from './term-value.ts';

/** One question for each combination of the members of a SELECT's INs, in the order they are given in. */
export interface SubQueries {
  readonly count: number;
  readonly at: (index: number) => SubQuery;
}

interface SubQuery {
  readonly cql: string;
  readonly values: readonly CqlValue[];
}

/** Undefined without an IN. */
export function subQueriesOf(select: Select, cql: string, bound: BoundValues): SubQueries | undefined {
  const ins = select.where.filter(({ operator }) => operator === 'in');
  if (ins.length === 0) return undefined;
  const members = ins.map((relation) => membersOf(relation, bound));
  const count = members.reduce((product, list) => product * list.length, 1);
  return { count, at: (index) => subQuery(cql, bound, ins, pick(members, index)) };
}

/** A member as it stands in the text, or as it was bound. */
type Member = { readonly kind: 'term'; readonly term: Term } | { readonly kind: 'value'; readonly value: CqlValue };

function membersOf({ terms, isList }: Relation, bound: BoundValues): readonly Member[] {
  if (isList) return terms.map((term) => ({ kind: 'term', term }));
  const [marker] = terms;
  const list = marker?.kind === 'marker' ? bound[marker.index] : undefined;
  return Buffer.isBuffer(list) ? elementsOf(list).map((value) => ({ kind: 'value', value })) : [];
}

function elementsOf(list: Buffer): readonly Buffer[] {
  const elements: Buffer[] = [];
  let at = 4;
  for (let left = list.readInt32BE(0); left > 0; left--) {
    const length = Math.max(0, list.readInt32BE(at));
    elements.push(list.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return elements;
}

/** The last IN turns fastest. */
function pick(members: readonly (readonly Member[])[], index: number): readonly Member[] {
  let rest = index;
  return members
    .toReversed()
    .map((list) => {
      const member = list[rest % list.length]!;
      rest = Math.floor(rest / list.length);
      return member;
    })
    .toReversed();
}

/** Every IN replaced by an equality; the markers of the other members go with their values. */
function subQuery(cql: string, bound: BoundValues, ins: readonly Relation[], chosen: readonly Member[]): SubQuery {
  const values: (CqlValue | 'left out')[] = [...bound];
  let text = cql;
  for (let index = ins.length - 1; index >= 0; index--) {
    const { span, terms } = ins[index]!;
    const member = chosen[index]!;
    for (const marker of terms.flatMap(markersIn)) values[marker] = 'left out';
    text = text.slice(0, span.start) + equality(cql, member, bound, values, terms) + text.slice(span.end);
  }
  return { cql: text, values: values.filter((value) => value !== 'left out') };
}

function equality(
  cql: string,
  member: Member,
  bound: BoundValues,
  values: (CqlValue | 'left out')[],
  terms: readonly Term[],
): string {
  if (member.kind === 'value') {
    values[(terms[0] as Extract<Term, { kind: 'marker' }>).index] = member.value;
    return '= ?';
  }
  const { term } = member;
  for (const marker of markersIn(term)) values[marker] = bound[marker]!;
  return `= ${cql.slice(term.start, term.end)}`;
}

function markersIn(term: Term): readonly number[] {
  if (term.kind === 'marker') return [term.index];
  return term.kind === 'compound' || term.kind === 'call' ? term.parts.flatMap(markersIn) : [];
}

/** Values as the parameters of a request carry them: count, then each. */
export function rawValues(values: readonly CqlValue[]): Buffer | undefined {
  if (values.length === 0) return undefined;
  const writer = new BufferWriter(Buffer.allocUnsafe(2 + sizeOfValues(values)));
  writer.short(values.length);
  for (const value of values) writer.value(value);
  return writer.bytes;
}
