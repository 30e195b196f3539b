import { setTimeout as sleep } from 'node:timers/promises';

const firstMs = 100;
/** 3 s, not the 30 s of other clients: with 30 s the pause after a broker restart of 9 s was half a minute. */
const capMs = 3_000;

/** Between half and all of 100 ms doubled at each attempt (from 0), at most 3 s. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const full = Math.min(capMs, firstMs * 2 ** Math.min(attempt, 16));
  return full / 2 + (random() * full) / 2;
}

export function waitBeforeAttempt(attempt: number, signal?: AbortSignal): Promise<void> {
  return sleep(backoffMs(attempt), undefined, { signal, ref: true });
}
