import type { Clock } from '../../../src/ports/clock.ts';

/** A clock that goes on to the next sleeper's hour as soon as nobody has anything to do: a history's minutes take milliseconds. */
export interface VirtualClock extends Clock {
  /** Lets time pass until `work` ends. Throws where nobody would ever wake again. */
  run<Result>(work: Promise<Result>): Promise<Result>;
}

interface Sleeper {
  readonly atMicros: bigint;
  readonly order: number;
  readonly wake: () => void;
}

/** Turns of the event loop after which all that can be done without waiting has been done. */
const turns = 3;

export function virtualClock(startMicros: bigint): VirtualClock {
  let now = startMicros;
  let order = 0;
  const sleepers = new Set<Sleeper>();

  return {
    nowMicros: () => ++now,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          sleepers.delete(sleeper);
          reject(signal!.reason);
        };
        const wake = () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        const sleeper = { atMicros: now + BigInt(Math.round(ms * 1000)), order: order++, wake };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    async run(work) {
      let isOver = false;
      const end = () => {
        isOver = true;
      };
      work.then(end, end);
      for (;;) {
        for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
        if (isOver) return work;
        const next = firstOf(sleepers);
        if (next === undefined) throw new Error('nobody would ever wake again');
        sleepers.delete(next);
        if (next.atMicros > now) now = next.atMicros;
        next.wake();
      }
    },
  };
}

function firstOf(sleepers: ReadonlySet<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers)
    if (first === undefined || sleeper.atMicros < first.atMicros || isEarlierOfTwo(sleeper, first)) first = sleeper;
  return first;
}

function isEarlierOfTwo(one: Sleeper, other: Sleeper): boolean {
  return one.atMicros === other.atMicros && one.order < other.order;
}
