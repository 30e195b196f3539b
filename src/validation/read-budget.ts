import { RowBudget } from '../model/row-budget.ts';
import type { Clock } from '../ports/clock.ts';
import type { Side } from './match-rows.ts';

/** So many rows a second of each side, for all splits that are compared at once. */
export interface ReadBudget {
  /** After a page of so many rows: answers when the next one may be asked for; undefined: now. */
  take(side: Side, rows: number, signal?: AbortSignal): Promise<void> | undefined;
}

export function createReadBudget(clock: Clock, rowsPerSecond: number | undefined): ReadBudget {
  if (rowsPerSecond === undefined) return { take: () => undefined };
  const budgets: Record<Side, RowBudget> = { source: new RowBudget(), target: new RowBudget() };
  return {
    take(side, rows, signal) {
      const now = clock.nowMicros();
      budgets[side].take(rows, rowsPerSecond, now);
      return clock.sleep(Number(budgets[side].freeAtMicros - now) / 1000, signal);
    },
  };
}
