import { CqlConnectionError } from './errors.ts';
import type { PoolSlot } from './pool-slot.ts';

export function poolClosed(): CqlConnectionError {
  return new CqlConnectionError('closed', false, 'the pool is closed');
}

/** Tells those who waited in vain why, by the failure of one of the slots. */
export function noConnection(waitedMs: number, slots: readonly PoolSlot[]): CqlConnectionError {
  const cause = slots.find((slot) => slot.lastError !== undefined)?.lastError;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new CqlConnectionError('refused', false, `no live connection for ${waitedMs} ms${why}`, { cause });
}
