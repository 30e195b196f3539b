import type { WorkerContext } from './phase-context.ts';

/** The target's clock minus ours: the one that lets TTLs end. */
export interface TargetClock {
  /** As measured last. */
  readonly skewMicros: bigint;
  /** Measures again and again until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>;
}

const lookEveryMs = 300_000;
/** A TTL is rounded to seconds: from here on it may show. */
const tellFromMicros = 500_000n;

type ClockContext = Pick<WorkerContext, 'target' | 'clock' | 'report' | 'signal'>;

/** Measured once before anything is written, and while the worker runs, which may be weeks; told when it is far from ours. */
export async function openTargetClock({ target, clock, report, signal }: ClockContext): Promise<TargetClock> {
  let isTold = false;
  let skewMicros = await target.clockSkewMicros(signal);
  tell();
  return {
    get skewMicros() {
      return skewMicros;
    },
    async follow(either) {
      while (!either.aborted) {
        await clock.sleep(lookEveryMs, either).catch(() => {});
        if (either.aborted) return;
        // What cannot be asked now stays as it was: who writes meets the same fault, and says so.
        skewMicros = await target.clockSkewMicros(either).catch(() => skewMicros);
        tell();
      }
    },
  };

  function tell(): void {
    const isFar = (skewMicros < 0n ? -skewMicros : skewMicros) >= tellFromMicros;
    if (isFar && !isTold) {
      const text = `the target’s clock is ${skewMicros / 1000n} ms from ours: TTLs are written by the target’s; synchronise the clocks (NTP)`;
      report({ kind: 'warning', text });
    }
    isTold = isFar;
  }
}
