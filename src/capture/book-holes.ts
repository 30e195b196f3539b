import type { Report } from '../events.ts';
import type { CaptureHole } from '../model/capture-hole.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from './progress.ts';

/** Resolves once the ledger has it; may be repeated. */
export type BookHole = (hole: CaptureHole, signal: AbortSignal) => Promise<void>;

export interface BookParts {
  readonly progress: Progress;
  readonly bookHole: BookHole;
  readonly clock: Clock;
  readonly report: Report;
}

/**
 * Tells the ledger of every hole that is owed, until the signal aborts. A hole is owed until the ledger has it: what a crash repeats
 * has the same id.
 */
export async function bookHoles({ progress, bookHole, clock, report }: BookParts, signal: AbortSignal): Promise<void> {
  let said: string | undefined;
  while (!signal.aborted) {
    const [hole] = progress.position.owedHoles;
    try {
      if (hole) {
        await bookHole(hole, signal);
        progress.booked(hole.id);
        continue;
      }
    } catch (error) {
      const reason = `the ledger does not take ${hole!.id}: ${(error as Error).message}`;
      if (!signal.aborted && reason !== said) report({ kind: 'waiting', reason });
      said = reason;
    }
    await clock.sleep(retryMs, signal).catch(() => {});
  }
}

const retryMs = 500;
