import { setTimeout as sleep } from 'node:timers/promises';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import { onBus } from './bus-errors.ts';

/** Calls the admin service, waiting out its passing refusals, for ten seconds if not told otherwise; what is asked must bear repeating. */
export async function askAdmin<T>(
  expected: string,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
  patienceMs = usualPatienceMs,
): Promise<T> {
  return onBus(expected, () => patiently(ask, patienceMs, signal));
}

async function patiently<T>(ask: () => Promise<T>, patienceMs: number, signal: AbortSignal | undefined): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = error instanceof PulsarAdminError && error.isTransient;
      if (!mayPass || performance.now() + waitMs > deadline) throw error;
    }
    await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

const usualPatienceMs = 10_000;
const firstWaitMs = 100;
const longestWaitMs = 5_000;
