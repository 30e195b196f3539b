import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import { StaleBatchError } from './refusals.ts';

export interface Waiting {
  readonly clock: Clock;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/** Does what may be repeated until it succeeds: what only an operator can mend (a cluster that is away) is waited for. */
export async function untilPossible(
  what: string,
  work: () => Promise<void>,
  { clock, report, signal }: Waiting,
): Promise<void> {
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
