import { setTimeout as sleep } from 'node:timers/promises';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import { onBus } from './bus-errors.ts';

/** Calls the admin service, waiting out its passing refusals for ten seconds; what is asked must bear repeating. */
export async function askAdmin<T>(
  expected: string,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
): Promise<T> {
  return onBus(expected, () => patiently(ask, signal));
}

async function patiently<T>(ask: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let waitMs = firstWaitMs; ; waitMs *= 2) {
    try {
      return await ask();
    } catch (error) {
      const mayPass = error instanceof PulsarAdminError && error.isTransient;
      if (!mayPass || performance.now() + waitMs > deadline) throw error;
    }
    await sleep(waitMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

const patienceMs = 10_000;
const firstWaitMs = 100;
