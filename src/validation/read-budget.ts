import type { Clock } from '../ports/clock.ts';
import type { Side } from './match-rows.ts';

/** So many rows a second of each side, for all splits that are compared at once. */
export interface ReadBudget {
  /** After a page of so many rows: answers when the next one may be asked for; undefined: now. */
  take(side: Side, rows: number, signal?: AbortSignal): Promise<void> | undefined;
}

/** Time in which nothing was read is not caught up with. */
export function createReadBudget(clock: Clock, rowsPerSecond: number | undefined): ReadBudget {
  if (rowsPerSecond === undefined) return { take: () => undefined };
  const freeAtMicros: Record<Side, bigint> = { source: 0n, target: 0n };
  return {
    take(side, rows, signal) {
      const now = clock.nowMicros();
      const begin = freeAtMicros[side] > now ? freeAtMicros[side] : now;
      freeAtMicros[side] = begin + BigInt(Math.round((rows * 1e6) / rowsPerSecond));
      return clock.sleep(Number(freeAtMicros[side] - now) / 1000, signal);
    },
  };
}
