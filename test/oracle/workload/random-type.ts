import type { CassandraLine } from '../../../src/sandbox/sandbox-release.ts';
import type { Random } from '../../model/simulation/random.ts';
import { nativeTypes } from './literals.ts';

export interface TypeChoice {
  readonly random: Random;
  readonly line: CassandraLine;
  /** Names of user-defined types that may be part of it. */
  readonly udts: readonly string[];
}

/** The text of any type that a regular column may have, up to three deep. */
export function randomColumnType(choice: TypeChoice): string {
  const text = randomType(choice, 3, nativeTypes);
  return choice.random.chance(0.25) && canBeFrozen(text) ? `frozen<${text}>` : text;
}

/** The text of any type that may be part of a primary key: no durations, and frozen. */
export function randomKeyType(choice: TypeChoice): string {
  return frozen(randomType({ ...choice, udts: [] }, 2, orderedTypes));
}

/** Cassandra refuses durations wherever values are put in order. */
const orderedTypes = nativeTypes.filter((name) => name !== 'duration');

function randomType(choice: TypeChoice, depth: number, leaves: readonly string[]): string {
  const { random, line, udts } = choice;
  if (depth === 0 || random.chance(0.4)) return random.pick(leaves);
  const inner = () => frozen(randomType(choice, depth - 1, leaves));
  const ordered = () => frozen(randomType({ ...choice, udts: [] }, depth - 1, orderedTypes));
  const shapes = [
    () => `list<${inner()}>`,
    () => `set<${ordered()}>`,
    () => `map<${ordered()}, ${inner()}>`,
    () => `tuple<${inner()}, ${inner()}, ${inner()}>`,
    ...(line === '5.0' ? [() => `vector<${inner()}, ${1 + random.int(4)}>`] : []),
    ...udts.map((name) => () => name),
  ];
  return random.pick(shapes)();
}

/** Whatever is nested must say that it is frozen; a vector and a tuple always are. */
function frozen(text: string): string {
  return canBeFrozen(text) ? `frozen<${text}>` : text;
}

function canBeFrozen(text: string): boolean {
  return !nativeTypes.includes(text) && !text.startsWith('vector') && !text.startsWith('tuple');
}
