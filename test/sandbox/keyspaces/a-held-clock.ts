import type { StandInClock } from '../../../src/sandbox/keyspaces/state/realm.ts';

export interface HeldClock extends StandInClock {
  /** Lets time pass, and what waited for it run. */
  advance(ms: number): Promise<void>;
}

/** A clock that moves only when told. */
export function aHeldClock(startMs = Date.parse('2026-11-21T12:00:00Z')): HeldClock {
  let nowMs = startMs;
  let sleepers: { readonly dueMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        sleepers.push({ dueMs: nowMs + ms, wake: resolve });
      }),
    async advance(ms) {
      nowMs += ms;
      const due = sleepers.filter(({ dueMs }) => dueMs <= nowMs);
      sleepers = sleepers.filter(({ dueMs }) => dueMs > nowMs);
      for (const { wake } of due) wake();
      await new Promise(setImmediate);
    },
  };
}
