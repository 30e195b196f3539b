import { type TargetKeyspace, type TargetStatement, TargetWriteError } from '../../src/ports/target-keyspace.ts';

export interface MemoryTarget extends Pick<TargetKeyspace, 'write' | 'writeCapacity'> {
  /** What was taken, in the order of its confirmation. */
  readonly taken: TargetStatement[];
  readonly mostInFlight: number;
}

/** Takes writes and remembers them; `answer` may refuse one by throwing, or take its time. */
export function inMemoryTarget(
  answer: (statement: TargetStatement) => void | Promise<void> = () => undefined,
): MemoryTarget {
  const taken: TargetStatement[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  return {
    taken,
    get mostInFlight() {
      return mostInFlight;
    },
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
  };
}

export function refused(message = 'no such thing'): TargetWriteError {
  return new TargetWriteError('refused', message);
}

export function timedOut(): TargetWriteError {
  return new TargetWriteError('transient', 'timed out');
}
