import type { Report } from '../events.ts';
import type { WriteCapacity } from '../model/write-capacity.ts';
import type { Clock } from '../ports/clock.ts';
import { createThrottle, type Throttle } from './throttle.ts';

export interface TableThrottlesParts {
  readonly clock: Clock;
  readonly report: Report;
  /** Of one table, and of all together. */
  readonly maxInFlight: number;
  /** Write units a second of a table of the target, told when the table is held. */
  readonly capacityOf: (table: string) => Promise<WriteCapacity | undefined>;
}

/** Of one table, and of the places that all tables share. */
export type TableThrottle = Omit<Throttle, 'run'>;

/**
 * A throttle for each table that a statement writes to: capacity is a table's, so one that is held must not slow the
 * others. Its waiters take none of the places that all tables share.
 */
export function createTableThrottles(parts: TableThrottlesParts): (cql: string) => TableThrottle {
  const { clock, report, maxInFlight } = parts;
  const places = createThrottle(maxInFlight, () => {});
  const byTable = new Map<string, TableThrottle>();
  const byText = new Map<string, TableThrottle>();

  function throttleOf(table: string): TableThrottle {
    const known = byTable.get(table);
    if (known) return known;
    const rate = rateMeter(clock);
    const capacity = rememberedCapacity(table, parts);
    // Asked for at the first write, so that it is known when the table is held.
    capacity();
    let toldAtMicros: bigint | undefined;
    const own = createThrottle(maxInFlight, (inFlight) => {
      const nowMicros = clock.nowMicros();
      if (toldAtMicros !== undefined && nowMicros - toldAtMicros < tellAgainMicros) return;
      toldAtMicros = nowMicros;
      const unitsPerSecond = capacity();
      const writesPerSecond = rate.perSecond();
      report({ kind: 'throttled', by: 'target', table, inFlight, writesPerSecond, unitsPerSecond });
    });
    const throttle: TableThrottle = {
      enter: (weight) => {
        const waited = own.enter(weight);
        return waited ? waited.then(() => places.enter(weight)) : places.enter(weight);
      },
      leave(weight) {
        places.leave(weight);
        own.leave(weight);
      },
      succeeded() {
        rate.count();
        own.succeeded();
      },
      pushedBack: () => own.pushedBack(),
      get isHeld() {
        return own.isHeld;
      },
    };
    byTable.set(table, throttle);
    return throttle;
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

/** What was known when it was asked for last; nothing waits for the answer. An operator may raise it at any time. */
function rememberedCapacity(table: string, { clock, capacityOf }: TableThrottlesParts): () => number | undefined {
  let known: number | undefined;
  let askedAtMicros: bigint | undefined;
  return () => {
    const nowMicros = clock.nowMicros();
    if (askedAtMicros === undefined || nowMicros - askedAtMicros > askAgainMicros) {
      askedAtMicros = nowMicros;
      // It is only told: what cannot be known must not stop a write.
      capacityOf(table.slice(table.lastIndexOf('.') + 1)).then(
        (found) => {
          known = found?.unitsPerSecond;
        },
        () => {},
      );
    }
    return known;
  };
}

/** A table that is held steps down many times a second. */
const tellAgainMicros = 2_000_000n;
const askAgainMicros = 60_000_000n;

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
