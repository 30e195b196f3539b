import type { CqlType } from '../../../model/cql-type.ts';
import { type CqlValue, unset } from '../../../wire/cql/value.ts';
import type { Term } from '../cql/statement.ts';
import { encodeLiteral } from './encode-literal.ts';

/** Values by the index of their bind marker. */
export type BoundValues = readonly CqlValue[];

/** The encoded bytes of a term; undefined where only the server can know them. */
export function termValue(term: Term | undefined, type: CqlType, bound: BoundValues): CqlValue | undefined {
  if (term?.kind === 'marker') return bound[term.index];
  if (term?.kind === 'compound' && term.shape === 'hint') return termValue(term.parts[1], type, bound);
  if (term?.kind !== 'literal') return undefined;
  return term.type === 'null' ? null : encodeLiteral(type, term.text);
}

/** Bytes that a term takes up, as nearly as its text tells. */
export function termBytes(term: Term, type: CqlType, bound: BoundValues): number {
  const value = termValue(term, type, bound);
  if (value === null || value === unset) return 0;
  if (value) return value.length;
  if (term.kind === 'compound') return 4 + term.parts.reduce((sum, part) => sum + 4 + termBytes(part, type, bound), 0);
  return term.kind === 'literal' ? Buffer.byteLength(term.text) : 16;
}

/** A whole number that a term stands for, as of TIMESTAMP, TTL and LIMIT; undefined for null, unset and the unknown. */
export function termNumber(term: Term | undefined, bound: BoundValues): bigint | undefined {
  if (term?.kind === 'literal') return /^-?\d+$/.test(term.text) ? BigInt(term.text) : undefined;
  if (term?.kind !== 'marker') return undefined;
  const value = bound[term.index];
  if (value === null || value === unset || value === undefined) return undefined;
  return value.length === 8 ? value.readBigInt64BE() : value.length === 4 ? BigInt(value.readInt32BE()) : undefined;
}
