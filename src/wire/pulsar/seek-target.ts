import type { SeekPosition } from './types.ts';

/** Long.MAX_VALUE, as the encoder knows it. */
const latest = 2 ** 63;

/** A seek as the broker understands it: by entry or by time. */
export function seekTarget(to: SeekPosition): {
  messageId?: { ledgerId: number; entryId: number };
  publishTime?: number;
} {
  if (to === 'earliest') return { messageId: { ledgerId: -1, entryId: -1 } };
  if (to === 'latest') return { messageId: { ledgerId: latest, entryId: latest } };
  if ('publishTimeMs' in to) return { publishTime: to.publishTimeMs };
  // A chunked message begins before the entry it is known by.
  const { ledgerId, entryId } = to.firstChunk ?? to;
  return { messageId: { ledgerId, entryId } };
}
