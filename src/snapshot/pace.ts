import type { Report } from '../events.ts';
import type { Clock } from '../ports/clock.ts';

/** How fast a worker reads the source; all of its splits share it. */
export interface Pace {
  /** Resolves when the rows of a page that has been read may be worked on, and so the next page be asked for. */
  take(rows: number, signal?: AbortSignal): Promise<void>;
}

export interface PaceParts {
  readonly clock: Clock;
  readonly report: Report;
  /** Why nothing may be read at the moment; asked again and again. */
  readonly heldBy: () => string | undefined;
  /** Undefined: as fast as it goes. */
  readonly rowsPerSecond: () => number | undefined;
}

const lookEveryMs = 500;
const tellEveryMicros = 60_000_000n;

/** Both may change at any time; whoever waits notices within half a second. */
export function createPace(parts: PaceParts): Pace {
  const { clock } = parts;
  const tell = tellNowAndThen(parts);
  let freeAtMicros = 0n;
  return {
    async take(rows, signal) {
      const rate = parts.rowsPerSecond();
      if (rate !== undefined) {
        // The page is here already: what it costs is paid by the one after it.
        const now = clock.nowMicros();
        const startMicros = freeAtMicros > now ? freeAtMicros : now;
        freeAtMicros = startMicros + BigInt(Math.round((rows * 1e6) / rate));
        await untilFree(startMicros, rate, signal);
      }
      for (let reason = parts.heldBy(); reason !== undefined; reason = parts.heldBy()) {
        tell(reason);
        await clock.sleep(lookEveryMs, signal);
      }
    },
  };

  /** Another rate ends the wait early, and the next page begins by the new one. */
  async function untilFree(startMicros: bigint, rate: number, signal: AbortSignal | undefined): Promise<void> {
    for (let left = startMicros - clock.nowMicros(); left > 0n; left = startMicros - clock.nowMicros()) {
      if (parts.rowsPerSecond() !== rate) {
        freeAtMicros = clock.nowMicros();
        return;
      }
      tell(`held by: the operator’s rate of ${rate} rows/s`);
      await clock.sleep(Math.min(lookEveryMs, Number(left) / 1000), signal);
    }
  }
}

/** Of one reason at once, and then once a minute. */
function tellNowAndThen({ clock, report }: PaceParts): (reason: string) => void {
  let last: { readonly reason: string; readonly atMicros: bigint } | undefined;
  return (reason) => {
    const now = clock.nowMicros();
    if (last?.reason === reason && now - last.atMicros < tellEveryMicros) return;
    last = { reason, atMicros: now };
    report({ kind: 'waiting', reason });
  };
}
