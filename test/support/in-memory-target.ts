import { keyspacesLimits } from '../../src/model/row-limits.ts';
import { type TargetKeyspace, type TargetStatement, TargetWriteError } from '../../src/ports/target-keyspace.ts';
import { statementsOfRows } from './statements-of-rows.ts';

export interface MemoryTarget extends Pick<TargetKeyspace, 'write' | 'writeRows' | 'writeCapacity' | 'limits'> {
  /** What was taken, in the order of its confirmation. */
  readonly taken: TargetStatement[];
  /** Rows. */
  readonly mostInFlight: number;
  /** Rows of each request that wrote some together or alone, as sent. */
  readonly requests: number[];
}

/** Takes writes and remembers them; `answer` may refuse one by throwing, or take its time. */
export function inMemoryTarget(
  answer: (statement: TargetStatement) => void | Promise<void> = () => undefined,
): MemoryTarget {
  const taken: TargetStatement[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const requests: number[] = [];
  const target: MemoryTarget = {
    taken,
    requests,
    get mostInFlight() {
      return mostInFlight;
    },
    limits: keyspacesLimits,
    writeCapacity: async () => undefined,
    async write(statement, signal, valuesNow) {
      inFlight++;
      mostInFlight = Math.max(mostInFlight, inFlight);
      try {
        await new Promise(setImmediate);
        signal?.throwIfAborted();
        const sent = valuesNow ? { ...statement, values: valuesNow() } : statement;
        await answer(sent);
        taken.push(sent);
      } finally {
        inFlight--;
      }
    },
    /** All of them at once, as a server does; those that are refused do not keep it from the others. */
    async writeRows(writes, signal) {
      requests.push(writes.rows.length);
      const ends = await Promise.allSettled(statementsOfRows(writes).map((each) => target.write(each, signal)));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    },
  };
  return target;
}

export function refused(message = 'no such thing'): TargetWriteError {
  return new TargetWriteError('refused', message);
}

export function timedOut(): TargetWriteError {
  return new TargetWriteError('transient', 'timed out');
}
