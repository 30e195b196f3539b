import type { CqlType } from '../../../model/cql-type.ts';
import { type CqlValue, unset } from '../../../wire/cql/value.ts';
import type { Term } from '../cql/statement.ts';

const mostDigits = 38;
const limit = 10n ** BigInt(mostDigits);
// 15 bytes hold 36 digits at most.
const surelyShort = 15;

/** Whether a bound varint or decimal has more digits than Keyspaces keeps. */
export function isTooPrecise({ name }: CqlType, value: CqlValue | undefined): boolean {
  if (value === null || value === unset || value === undefined) return false;
  if (name === 'varint') return hasManyDigits(value);
  return name === 'decimal' && value.length > 4 && hasManyDigits(value.subarray(4));
}

function hasManyDigits(bytes: Buffer): boolean {
  if (bytes.length <= surelyShort) return false;
  const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  return value >= limit || value <= -limit;
}

/** Whether a number in the text of a term has more digits than Keyspaces keeps. */
export function hasLongNumber(term: Term): boolean {
  if (term.kind === 'literal') return term.type === 'number' && significantDigits(term.text) > mostDigits;
  return (term.kind === 'compound' || term.kind === 'call') && term.parts.some(hasLongNumber);
}

function significantDigits(text: string): number {
  return text.split('e')[0]!.replace(/\D/g, '').replace(/^0+/, '').length;
}
