import type { Clock } from '../ports/clock.ts';
import type { ReadSpan } from './expiry.ts';

/** Of a reading that was asked for then and is here now. */
export function readSpanSince(askedAtMicros: bigint, clock: Clock): ReadSpan {
  return { from: Number(askedAtMicros) / 1e6, to: Number(clock.nowMicros()) / 1e6 };
}
