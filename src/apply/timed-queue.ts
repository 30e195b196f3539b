import type { Clock } from '../ports/clock.ts';

/** Those who wait for instants, each later than the one before; thousands may, so they have one timer together. */
export interface TimedQueue {
  /** Resolves at the instant (microseconds since 1970), or rejects with the signal's reason within half a second of its abort. */
  until(atMicros: bigint, signal?: AbortSignal): Promise<void>;
}

interface Waiter {
  readonly atMicros: bigint;
  readonly signal: AbortSignal | undefined;
  readonly go: () => void;
  readonly fail: (reason: unknown) => void;
}

const lookEveryMs = 500;

export function createTimedQueue(clock: Clock): TimedQueue {
  let waiting: Waiter[] = [];
  let isServing = false;
  let lookAtMicros = 0n;

  async function serve(): Promise<void> {
    isServing = true;
    for (let head = waiting[0]; head; head = waiting[0]) {
      const leftMs = Number(head.atMicros - clock.nowMicros()) / 1000;
      await clock.sleep(Math.min(lookEveryMs, Math.max(0, leftMs)));
      release(clock.nowMicros());
    }
    isServing = false;
  }

  function release(nowMicros: bigint): void {
    const later = waiting.findIndex(({ atMicros }) => atMicros > nowMicros);
    for (const { go } of waiting.splice(0, later < 0 ? waiting.length : later)) go();
    if (nowMicros < lookAtMicros) return;
    lookAtMicros = nowMicros + BigInt(lookEveryMs) * 1000n;
    for (const { signal, fail } of waiting) if (signal?.aborted) fail(signal.reason);
    waiting = waiting.filter(({ signal }) => !signal?.aborted);
  }

  return {
    until(atMicros, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason);
      return new Promise((go, fail) => {
        waiting.push({ atMicros, signal, go, fail });
        if (!isServing) void serve();
      });
    },
  };
}
