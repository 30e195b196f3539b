import type { PoolSlot } from './pool-slot.ts';

/** The least busy live slot with room, of the preferred host if it has one; undefined when all are full or down. */
export function pickSlot(slots: readonly PoolSlot[], maxInFlight: number, host?: string): PoolSlot | undefined {
  let best: PoolSlot | undefined;
  let bestOfHost: PoolSlot | undefined;
  for (const slot of slots) {
    if (!slot.isLive || slot.load >= maxInFlight) continue;
    if (!best || slot.load < best.load) best = slot;
    if (slot.address.host === host && (!bestOfHost || slot.load < bestOfHost.load)) bestOfHost = slot;
  }
  return bestOfHost ?? best;
}
