import type { Report } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import { type TargetKeyspace, type TargetStatement, TargetWriteError } from '../ports/target-keyspace.ts';
import { ageStatement } from './age-statement.ts';
import { createTableThrottles } from './table-throttles.ts';
import type { Throttle } from './throttle.ts';

/** The one road into the target. */
export interface TargetWriter {
  /**
   * Resolves once the target has confirmed the write; waits for a place, for the throttle and through any fault that
   * passes. Throws RefusedWriteError for what the target will never take, or the signal's reason.
   */
  write(statement: TargetStatement, signal?: AbortSignal): Promise<void>;
  /** One attempt; throws TargetWriteError as it comes. For what must not be sent twice under one timestamp: lists. */
  writeOnce(statement: TargetStatement, signal?: AbortSignal): Promise<void>;
  /** Writes confirmed so far. */
  readonly confirmed: bigint;
}

export class RefusedWriteError extends Error {
  override readonly name = 'RefusedWriteError';
  readonly cql: string;

  constructor(statement: TargetStatement, cause: Error) {
    super(`the target refused a write: ${cause.message}`, { cause });
    this.cql = statement.cql;
  }
}

export interface TargetWriterParts {
  readonly target: Pick<TargetKeyspace, 'write' | 'writeCapacity'>;
  readonly clock: Clock;
  readonly report: Report;
  readonly maxInFlight: number;
}

const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** A fault that lasts this many attempts is worth a line on the screen. */
const attemptsBeforeReport = 5;
const longMicros = 10_000_000n;

export function createTargetWriter({ target, clock, report, maxInFlight }: TargetWriterParts): TargetWriter {
  const capacityOf = (table: string) => target.writeCapacity(table);
  const throttleOf = createTableThrottles({ clock, report, maxInFlight, capacityOf });
  let confirmed = 0n;
  const writer = {
    get confirmed() {
      return confirmed;
    },
    async writeOnce(statement: TargetStatement, signal?: AbortSignal): Promise<void> {
      const failure = await attempt(statement, signal);
      if (failure !== undefined) throw failure;
      confirmed += 1n;
    },
    async write(statement: TargetStatement, signal?: AbortSignal): Promise<void> {
      let saidAtMicros = clock.nowMicros();
      for (let attempts = 1; ; attempts++) {
        signal?.throwIfAborted();
        const failure = await attempt(statement, signal);
        if (failure === undefined) {
          confirmed += 1n;
          return;
        }
        // Attempts that each wait for a connection are few, and long.
        const isLong = clock.nowMicros() - saidAtMicros > longMicros;
        if (attempts % attemptsBeforeReport === 0 || isLong) {
          saidAtMicros = clock.nowMicros();
          report({
            kind: 'waiting',
            reason: `the target does not take writes: ${failure.message} (attempt ${attempts})`,
          });
        }
        await clock.sleep(pauseAfter(attempts), signal);
      }
    },
  };
  return writer;

  function attempt(statement: TargetStatement, signal?: AbortSignal): Promise<TargetWriteError | undefined> {
    const throttle = throttleOf(statement.cql);
    return throttle.run(() => attemptWrite(statement, throttle, signal), signal);
  }

  async function attemptWrite(
    statement: TargetStatement,
    throttle: Throttle,
    signal?: AbortSignal,
  ): Promise<TargetWriteError | undefined> {
    try {
      const valuesNow = () => ageStatement(statement, clock.nowMicros()).values;
      await target.write(statement, signal, statement.ttl && valuesNow);
      throttle.succeeded();
      return undefined;
    } catch (error) {
      if (!(error instanceof TargetWriteError)) throw error;
      if (error.failure === 'refused') throw new RefusedWriteError(statement, error);
      if (error.failure === 'throttled') throttle.pushedBack();
      return error;
    }
  }
}

/** Doubling from 50 ms to 5 s, each up to half shorter by chance, so that many workers do not come back at once. */
function pauseAfter(attempt: number): number {
  const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt - 1, 10));
  return full * (0.5 + Math.random() / 2);
}
