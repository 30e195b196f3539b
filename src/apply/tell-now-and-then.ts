import type { Report } from '../events.ts';
import type { Clock } from '../ports/clock.ts';

const tellEveryMicros = 60_000_000n;

/** Reports why something waits: of one reason at once, and then once a minute. */
export function tellNowAndThen({ clock, report }: { readonly clock: Clock; readonly report: Report }) {
  const toldAt = new Map<string, bigint>();
  return (reason: string): void => {
    const now = clock.nowMicros();
    const last = toldAt.get(reason);
    if (last !== undefined && now - last < tellEveryMicros) return;
    toldAt.set(reason, now);
    report({ kind: 'waiting', reason });
  };
}
