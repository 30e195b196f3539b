import type { Report } from '../events.ts';
import { RowBudget } from '../model/row-budget.ts';
import type { WriteCapacity } from '../model/write-capacity.ts';
import type { Clock } from '../ports/clock.ts';
import type { RememberedCapacity } from './remembered-capacity.ts';
import type { SharedCapacity } from './shared-capacity.ts';
import { tellNowAndThen } from './tell-now-and-then.ts';
import { createTimedQueue } from './timed-queue.ts';
import type { WriteCost } from './write-units.ts';

/** Keeps the writes to one table within its capacity, where that is known. */
export interface CapacityBudget {
  /** Resolves when the write may be sent; undefined: now. Rejects with the signal's reason. */
  take(cost: WriteCost, signal?: AbortSignal): Promise<void> | undefined;
  /** The table has taken the write. */
  took(cost: WriteCost): void;
  /** Of all writers together; undefined where it is not known. */
  readonly unitsPerSecond: number | undefined;
}

export interface CapacityBudgetParts {
  readonly table: string;
  readonly clock: Clock;
  readonly report: Report;
  readonly capacity: RememberedCapacity;
  readonly shared: SharedCapacity;
}

/** Timers are no finer, and what is sent so much too early is paid for by the next. */
const leastWaitMicros = 2_000n;
/** Who waits for less than that is not held: bursts do. */
const heldAfterMicros = 1_000_000n;
const lookEveryMicros = 250_000n;

export function createCapacityBudget(parts: CapacityBudgetParts): CapacityBudget {
  const { table, clock, capacity, shared } = parts;
  const tell = tellNowAndThen(parts);
  const budget = new RowBudget();
  const queue = createTimedQueue(clock);
  let allowed: { readonly whole: number; readonly own: number } | undefined;
  let lookAtMicros = 0n;
  let waitingSinceMicros: bigint | undefined;

  function look(known: WriteCapacity, nowMicros: bigint): number {
    if (!allowed || nowMicros >= lookAtMicros) {
      allowed = shared.allowed(known, millis(nowMicros));
      lookAtMicros = nowMicros + lookEveryMicros;
    }
    return allowed.own;
  }

  return {
    take(cost, signal) {
      if (capacity.isUnsure) capacity.ask(clock.nowMicros(), signal);
      // A batch begins thousands of writes at once: they must not all go before it is known how many may.
      return capacity.first ? capacity.first.then(() => pay(cost, signal)) : pay(cost, signal);
    },
    took(cost) {
      if (capacity.known) shared.took(cost.units, millis(clock.nowMicros()));
    },
    get unitsPerSecond() {
      const { known } = capacity;
      return known && shared.allowed(known, millis(clock.nowMicros())).whole;
    },
  };

  function pay(cost: WriteCost, signal: AbortSignal | undefined) {
    const { known } = capacity;
    if (!known) return undefined;
    const nowMicros = clock.nowMicros();
    capacity.ask(nowMicros);
    const waitMicros = budget.take(cost.units, look(known, nowMicros), nowMicros) - nowMicros;
    if (waitMicros < leastWaitMicros) {
      waitingSinceMicros = undefined;
      return undefined;
    }
    waitingSinceMicros ??= nowMicros;
    if (nowMicros + waitMicros - waitingSinceMicros > heldAfterMicros) tell(reasonOf(table, known, allowed!.whole));
    return queue.until(nowMicros + waitMicros, signal);
  }
}

function reasonOf(table: string, { mode }: WriteCapacity, unitsPerSecond: number): string {
  return `held by: the capacity of ${table}, ${Math.round(unitsPerSecond).toLocaleString('en')} write units/s (${mode})`;
}

function millis(micros: bigint): number {
  return Number(micros / 1000n);
}
