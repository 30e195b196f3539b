import { consistencyCodes, consistencyName } from '../../../wire/cql/consistency.ts';
import type { RuleBook } from '../rule-book.ts';

const readable: ReadonlySet<number> = new Set([
  consistencyCodes.ONE,
  consistencyCodes.LOCAL_QUORUM,
  consistencyCodes.LOCAL_ONE,
]);

/** Throws RuleRefusal for a level that Keyspaces does not have for this kind of request. */
export function checkConsistency(rules: RuleBook, code: number, isWrite: boolean): void {
  const name = consistencyName(code) ?? code;
  if (isWrite && code !== consistencyCodes.LOCAL_QUORUM) rules.refuse('write-consistency', [name]);
  if (!isWrite && !readable.has(code)) rules.refuse('read-consistency', [name]);
}
