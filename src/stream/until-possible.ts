import { OperatorError } from '../errors.ts';
import type { ProgressEvent, Report } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import { StaleBatchError } from './refusals.ts';

export interface Waiting {
  readonly clock: Clock;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Does what may be repeated until it succeeds: what only an operator can mend (a cluster that is away) is waited for. */
export async function untilPossible<Result>(
  what: string,
  work: () => Promise<Result>,
  { clock, report, signal }: Waiting,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw error;
      // Decided again under the present time, a batch will not be stale at once.
      if (!(error instanceof OperatorError || error instanceof StaleBatchError)) throw error;
      report({ kind: 'waiting', reason: `${what}: ${error.message}` });
      await clock.sleep(2_000, signal);
    }
  }
}

/** Tells of waiting for the same thing no more often than every two seconds, however many wait for it. */
export function calmReport({ clock, report }: Pick<Waiting, 'clock' | 'report'>): Report {
  const toldAtMicros = new Map<string, bigint>();
  return (event: ProgressEvent) => {
    if (event.kind === 'waiting') {
      const now = clock.nowMicros();
      const told = toldAtMicros.get(event.reason);
      if (told !== undefined && now - told < tellAgainMicros) return;
      for (const [reason, atMicros] of toldAtMicros) if (now - atMicros >= tellAgainMicros) toldAtMicros.delete(reason);
      toldAtMicros.set(event.reason, now);
    }
    report(event);
  };
}

const tellAgainMicros = 2_000_000n;
