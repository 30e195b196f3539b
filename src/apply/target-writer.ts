import type { Report } from '../events.ts';
import type { RowLimits } from '../model/row-limits.ts';
import type { Clock } from '../ports/clock.ts';
import {
  type RowWrites,
  rowsOfRequest,
  type TargetKeyspace,
  type TargetStatement,
  TargetWriteError,
} from '../ports/target-keyspace.ts';
import { ageStatement } from './age-statement.ts';
import { SharedCapacities } from './shared-capacity.ts';
import { createTableThrottles, type TableThrottle } from './table-throttles.ts';
import { type WriteCost, WriteUnits } from './write-units.ts';

/** The one road into the target. */
export interface TargetWriter {
  /**
   * Resolves once the target has confirmed the write; waits for a place, for the throttle and through any fault that
   * passes. Throws RefusedWriteError for what the target will never take, or the signal's reason.
   */
  write(statement: TargetStatement, signal?: AbortSignal): Promise<void>;
  /** One attempt; throws TargetWriteError as it comes. For what must not be sent twice under one timestamp: lists. */
  writeOnce(statement: TargetStatement, signal?: AbortSignal): Promise<void>;
  /** As `write`, of one row. */
  writeRow(write: RowWrites, signal?: AbortSignal): Promise<void>;
  /**
   * Several rows in one attempt. False: the target has not confirmed them all, and each is to be written on its own, so
   * that one that is refused is found and one that is there already not sent for the others' sake again and again.
   */
  writeTogether(writes: RowWrites, signal?: AbortSignal): Promise<boolean>;
  /** Rows that may go in one request now: while the target holds us back, what it took of a request would be paid twice. */
  rowsTogether(cql: string): number;
  /** Of the target: what is larger need not be sent. */
  readonly limits: RowLimits | undefined;
  /** Writes confirmed so far. */
  readonly confirmed: bigint;
}

export class RefusedWriteError extends Error {
  override readonly name = 'RefusedWriteError';
  readonly cql: string;

  constructor(cql: string, cause: Error) {
    super(`the target refused a write: ${cause.message}`, { cause });
    this.cql = cql;
  }
}

export interface TargetWriterParts {
  readonly target: Pick<TargetKeyspace, 'write' | 'writeRows' | 'writeCapacity' | 'limits'>;
  readonly clock: Clock;
  readonly report: Report;
  readonly maxInFlight: number;
  /** Of those who write to the same tables; absent: nobody else does. */
  readonly shared?: SharedCapacities | undefined;
}

/** Of one request, that count as one write in flight: ten that go together are far less work than ten requests. */
const rowsOfPlace = 4;
const firstPauseMs = 50;
const longestPauseMs = 5_000;
/** A fault that lasts this many attempts is worth a line on the screen. */
const attemptsBeforeReport = 5;
const longMicros = 10_000_000n;

export function createTargetWriter(parts: TargetWriterParts): TargetWriter {
  const { target, clock, report, maxInFlight, shared = new SharedCapacities() } = parts;
  const capacityOf = (table: string, signal?: AbortSignal) => target.writeCapacity(table, signal);
  const throttleOf = createTableThrottles({ clock, report, maxInFlight, capacityOf, shared });
  let confirmed = 0;
  return {
    limits: target.limits,
    get confirmed() {
      return BigInt(confirmed);
    },
    async writeOnce(statement, signal) {
      const failure = await attempt(sendingOf(statement, signal), signal);
      if (failure !== undefined) throw failure;
    },
    write: (statement, signal) => persist(sendingOf(statement, signal), signal),
    writeRow: (write, signal) => persist(sendingRows(write, signal), signal),
    async writeTogether(writes, signal) {
      try {
        return (await attempt(sendingRows(writes, signal), signal)) === undefined;
      } catch (error) {
        if (error instanceof RefusedWriteError) return false;
        throw error;
      }
    },
    rowsTogether: (cql) => (throttleOf(cql).isHeld ? 1 : rowsOfRequest),
  };

  function sendingOf(statement: TargetStatement, signal: AbortSignal | undefined): Sending {
    const valuesNow = () => ageStatement(statement, clock.nowMicros()).values;
    const send = () => target.write(statement, signal, statement.ttl && valuesNow);
    return { cql: statement.cql, rows: 1, cost: new WriteUnits(statement), send };
  }

  function sendingRows(writes: RowWrites, signal: AbortSignal | undefined): Sending {
    const send = () => target.writeRows(writes, signal);
    return { cql: writes.cql, rows: writes.rows.length, cost: new WriteUnits(writes), send };
  }

  async function persist(sending: Sending, signal: AbortSignal | undefined): Promise<void> {
    // What it waits for its turn says nothing of the target.
    let sentAtMicros = 0n;
    const onSend = () => {
      sentAtMicros = clock.nowMicros();
    };
    for (let attempts = 1; ; attempts++) {
      signal?.throwIfAborted();
      const failure = await attempt(sending, signal, onSend);
      if (failure === undefined) return;
      // Attempts that each wait for a connection are few, and long.
      const isLong = clock.nowMicros() - sentAtMicros > longMicros;
      if (attempts % attemptsBeforeReport === 0 || isLong) {
        report({
          kind: 'waiting',
          reason: `the target does not take writes: ${failure.message} (attempt ${attempts})`,
        });
      }
      await clock.sleep(pauseAfter(attempts), signal);
    }
  }

  async function attempt(
    { cql, rows, cost, send }: Sending,
    signal: AbortSignal | undefined,
    onSend?: () => void,
  ): Promise<TargetWriteError | undefined> {
    const throttle = throttleOf(cql);
    const weight = Math.ceil(rows / rowsOfPlace);
    const place = throttle.enter(weight, cost, signal);
    if (place) await place;
    try {
      signal?.throwIfAborted();
      onSend?.();
      await send();
      throttle.succeeded(cost);
      confirmed += rows;
      return undefined;
    } catch (error) {
      return failureIn(error, cql, throttle);
    } finally {
      throttle.leave(weight);
    }
  }

  /** Throws what no repeat will change. */
  function failureIn(error: unknown, cql: string, throttle: TableThrottle): TargetWriteError {
    if (!(error instanceof TargetWriteError)) throw error;
    if (error.failure === 'refused') throw new RefusedWriteError(cql, error);
    if (error.failure === 'throttled') throttle.pushedBack();
    return error;
  }
}

/** One request, to be sent as often as it takes. */
interface Sending {
  readonly cql: string;
  readonly rows: number;
  readonly cost: WriteCost;
  readonly send: () => Promise<void>;
}

/** Doubling from 50 ms to 5 s, each up to half shorter by chance, so that many workers do not come back at once. */
function pauseAfter(attempt: number): number {
  const full = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempt - 1, 10));
  return full * (0.5 + Math.random() / 2);
}
