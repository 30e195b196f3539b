import type { Report } from '../events.ts';
import type { WriteCapacity } from '../model/write-capacity.ts';
import type { Clock } from '../ports/clock.ts';
import { createCapacityBudget } from './capacity-budget.ts';
import { rememberedCapacity } from './remembered-capacity.ts';
import type { SharedCapacities } from './shared-capacity.ts';
import { createThrottle, type Throttle } from './throttle.ts';
import type { WriteCost } from './write-units.ts';

export interface TableThrottlesParts {
  readonly clock: Clock;
  readonly report: Report;
  /** Of one table, and of all together. */
  readonly maxInFlight: number;
  /** Of a table of the target, by its own name. */
  readonly capacityOf: (table: string, signal?: AbortSignal) => Promise<WriteCapacity | undefined>;
  /** What all writers of this process and others take of it. */
  readonly shared: SharedCapacities;
}

/** Of one table's capacity, its places, and the places that all tables share. */
export interface TableThrottle extends Pick<Throttle, 'leave' | 'pushedBack' | 'isHeld'> {
  /** As of a throttle, once the cost is paid. Rejects, with nothing taken, with the signal's reason. */
  enter(weight: number, cost: WriteCost, signal?: AbortSignal): Promise<void> | undefined;
  succeeded(cost: WriteCost): void;
}

/**
 * A throttle for each table that a statement writes to: capacity is a table's, so one that is held must not slow the
 * others. Its waiters take none of the places that all tables share.
 */
export function createTableThrottles(parts: TableThrottlesParts): (cql: string) => TableThrottle {
  const { clock, report, maxInFlight, capacityOf, shared } = parts;
  const places = createThrottle(maxInFlight, () => {});
  const byTable = new Map<string, TableThrottle>();
  const byText = new Map<string, TableThrottle>();

  function throttleOf(table: string): TableThrottle {
    const known = byTable.get(table);
    if (known) return known;
    const rate = rateMeter(clock);
    const capacity = rememberedCapacity((signal) => capacityOf(table.slice(table.lastIndexOf('.') + 1), signal));
    const budget = createCapacityBudget({ table, clock, report, capacity, shared: shared.of(table) });
    let toldAtMicros: bigint | undefined;
    const own = createThrottle(maxInFlight, (inFlight) => {
      const nowMicros = clock.nowMicros();
      if (toldAtMicros !== undefined && nowMicros - toldAtMicros < tellAgainMicros) return;
      toldAtMicros = nowMicros;
      capacity.ask(nowMicros);
      const { unitsPerSecond } = budget;
      const writesPerSecond = rate.perSecond();
      report({ kind: 'throttled', by: 'target', table, inFlight, writesPerSecond, unitsPerSecond });
    });
    const throttle: TableThrottle = {
      enter(weight, cost, signal) {
        // Who waits to be paid for has no place yet.
        const paid = budget.take(cost, signal);
        return paid ? paid.then(() => enterPlaces(weight)) : enterPlaces(weight);
      },
      leave(weight) {
        places.leave(weight);
        own.leave(weight);
      },
      succeeded(cost) {
        rate.count();
        own.succeeded();
        budget.took(cost);
      },
      pushedBack: () => own.pushedBack(),
      get isHeld() {
        return own.isHeld;
      },
    };
    byTable.set(table, throttle);
    return throttle;

    function enterPlaces(weight: number): Promise<void> | undefined {
      const waited = own.enter(weight);
      return waited ? waited.then(() => places.enter(weight)) : places.enter(weight);
    }
  }

  return (cql) => {
    const known = byText.get(cql);
    if (known) return known;
    const throttle = throttleOf(tableIn(cql));
    byText.set(cql, throttle);
    return throttle;
  };
}

/** `keyspace.table` of a write, as it is qualified there. */
function tableIn(cql: string): string {
  const match = /^(?:INSERT INTO|UPDATE|DELETE\b.*? FROM)\s+((?:"(?:[^"]|"")+"|\w+)\.(?:"(?:[^"]|"")+"|\w+))/s.exec(
    cql,
  );
  return match?.[1]?.replaceAll('"', '') ?? 'the target';
}

/** A table that is held steps down many times a second. */
const tellAgainMicros = 2_000_000n;

/** How often something happened a second, lately. */
function rateMeter(clock: Clock) {
  let sinceMicros = clock.nowMicros();
  let events = 0;
  let uncounted = 0;
  return {
    count() {
      events++;
      // The clock is dearer than the count, and a few more or less say nothing.
      if (++uncounted < eventsALook) return;
      uncounted = 0;
      const nowMicros = clock.nowMicros();
      // What was long ago says little: half of it is forgotten.
      if (nowMicros - sinceMicros > windowMicros) {
        sinceMicros += (nowMicros - sinceMicros) / 2n;
        events /= 2;
      }
    },
    perSecond(): number {
      const elapsedMicros = Math.max(1, Number(clock.nowMicros() - sinceMicros));
      return events / (elapsedMicros / 1e6);
    },
  };
}

const windowMicros = 10_000_000n;
const eventsALook = 16;
