import { tellNowAndThen } from '../apply/tell-now-and-then.ts';
import type { Report } from '../events.ts';
import { RowBudget } from '../model/row-budget.ts';
import type { Clock } from '../ports/clock.ts';
import type { ReadStrain } from './read-strain.ts';

/** How fast a worker reads the source; all of its splits share it. */
export interface Pace {
  /** Resolves when the rows of a page that has been read may be worked on, and so the next page be asked for. */
  take(page: ReadPage, signal?: AbortSignal): Promise<void>;
}

interface ReadPage {
  readonly table: string;
  readonly rows: number;
  /** From asking for it to its arrival. */
  readonly tookMs: number;
}

export interface PaceParts {
  readonly clock: Clock;
  readonly report: Report;
  /** Why nothing may be read at the moment; asked again and again. */
  readonly heldBy: () => string | undefined;
  /** Of all tables together; undefined: as fast as it goes. */
  readonly rowsPerSecond: () => number | undefined;
  /** Of one table. */
  readonly rowsPerSecondOf: (table: string) => number | undefined;
  readonly strain: ReadStrain;
}

const lookEveryMs = 500;

/** All may change at any time; whoever waits notices within half a second. */
export function createPace(parts: PaceParts): Pace {
  const { clock, strain } = parts;
  const tell = tellNowAndThen(parts);
  const ofAll = new RowBudget();
  const ofTables = new Map<string, RowBudget>();
  return {
    async take(page, signal) {
      const { table } = page;
      strain.note(table, page);
      const rate = (limit: number) => `held by: the operator’s rate of ${limit} rows/s`;
      await pay(page, ofAll, parts.rowsPerSecond, rate, signal);
      const limited = (limit: number) => `held by: the limit of ${table}, ${limit} rows/s`;
      await pay(page, budgetOf(table), () => parts.rowsPerSecondOf(table), limited, signal);
      await rest(table, signal);
      for (let reason = parts.heldBy(); reason !== undefined; reason = parts.heldBy()) {
        tell(reason);
        await clock.sleep(lookEveryMs, signal);
      }
    },
  };

  function budgetOf(table: string): RowBudget {
    const budget = ofTables.get(table) ?? new RowBudget();
    ofTables.set(table, budget);
    return budget;
  }

  /** Another rate ends the wait early, and the next page begins by the new one. */
  async function pay(
    { rows }: ReadPage,
    budget: RowBudget,
    rateNow: () => number | undefined,
    reason: (rate: number) => string,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const rate = rateNow();
    if (rate === undefined) return;
    const startMicros = budget.take(rows, rate, clock.nowMicros());
    for (let left = startMicros - clock.nowMicros(); left > 0n; left = startMicros - clock.nowMicros()) {
      if (rateNow() !== rate) return budget.forget(clock.nowMicros());
      tell(reason(rate));
      await clock.sleep(Math.min(lookEveryMs, Number(left) / 1000), signal);
    }
  }

  async function rest(table: string, signal: AbortSignal | undefined): Promise<void> {
    const found = strain.of(table);
    if (!found) return;
    const ms = (value: number) => `${Math.round(value)} ms`;
    // Without the length of the rest, which would make it another reason with every sample.
    tell(`held by: the source, 500 rows of ${table} take far longer than the ${ms(found.bestMs)} of before`);
    await clock.sleep(found.restMs, signal);
  }
}
