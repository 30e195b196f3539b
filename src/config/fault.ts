import type { Sentence } from '../errors.ts';

/** What is wrong with a configuration, to be told with all else that is. */
export function fault(expected: string, found: string, next: string): Sentence {
  return { expected, found, next };
}

/** Two settings that only mean something together; nothing where both stand or neither does. */
export function together(
  names: string,
  one: unknown,
  other: unknown,
  next = 'add the other, or remove both',
): readonly Sentence[] {
  if ((one === undefined) === (other === undefined)) return [];
  return [fault(`${names} together`, 'only one of them', next)];
}

/** Two settings of which exactly one is meant. */
export function oneOf(names: string, one: unknown, other: unknown): readonly Sentence[] {
  if ((one === undefined) !== (other === undefined)) return [];
  return [fault(`either ${names}`, one === undefined ? 'neither' : 'both', 'name one of them')];
}
