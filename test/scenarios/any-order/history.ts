import type { PartitionUpdate } from '../../../src/model/mutation.ts';
import { splitPartitionKey } from '../../../src/model/partition-key.ts';
import type { CqlRows } from '../../../src/wire/cql/cql-connection.ts';
import { CqlServerError } from '../../../src/wire/cql/errors.ts';
import { type Random, randomOf } from '../../model/simulation/random.ts';
import { randomStatement } from './random-statements.ts';
import { WriteTimes } from './write-times.ts';

/** One small application with its own keys in the common tables, and the stream of its changes. */
export interface History {
  readonly seed: number;
  /** First partition key column of all its rows. */
  readonly number: number;
  readonly random: Random;
  readonly isHandOverInTheMiddle: boolean;
  readonly handOverMicros: bigint;
  readonly statements: readonly string[];
}

const minute = 60_000_000n;

/** Changes of half of the histories are all newer than the hand-over; in the others it cuts through them. */
export function planHistory(seed: number, number: number, statementCount: number, nowMicros: bigint): History {
  const random = randomOf(seed);
  const isHandOverInTheMiddle = random.chance(0.4);
  // The statements' own times lie on both sides of now, so now is what cuts them.
  const handOverMicros = isHandOverInTheMiddle ? nowMicros - minute : nowMicros - 10n * minute;
  const times = new WriteTimes(random, { fromMicros: nowMicros - 4n * minute, toMicros: nowMicros + 3n * minute });
  const app = { history: number, random, times, mayExpireSoon: !isHandOverInTheMiddle };
  const statements = Array.from({ length: statementCount }, () => randomStatement(app));
  return { seed, number, random, isHandOverInTheMiddle, handOverMicros, statements };
}

/** Runs statements one after another, as one client would. */
export async function runStatements(
  statements: readonly string[],
  ask: (cql: string) => Promise<CqlRows>,
): Promise<void> {
  for (const statement of statements) {
    try {
      await ask(statement);
    } catch (error) {
      const reason = error instanceof CqlServerError ? `${error.codeName}: ${error.message}` : String(error);
      throw new Error(`${reason}\n${statement}`, { cause: error });
    }
  }
}

/** Which history an update belongs to. */
export function historyNumberOf(update: PartitionUpdate): number {
  return splitPartitionKey(update.partitionKey, update.table.partitionKey.length)[0]!.readInt32BE();
}
