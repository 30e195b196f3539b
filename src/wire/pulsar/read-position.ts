import type { MessageId } from './message-id.ts';

/** Where reading begins: an entry, and the first message wanted in it (Infinity: none, begin behind it). */
export interface ReadPosition {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly firstWanted: number;
}

export function positionAt(id: MessageId): ReadPosition {
  return { ledgerId: id.ledgerId, entryId: id.entryId, firstWanted: Math.max(0, id.batchIndex) };
}

export function positionAfter(id: MessageId): ReadPosition {
  const firstWanted = id.batchIndex < 0 ? Number.POSITIVE_INFINITY : id.batchIndex + 1;
  return { ledgerId: id.ledgerId, entryId: id.entryId, firstWanted };
}

/** The broker sends whole entries: within the first one, what lies before the position is not wanted. */
export function isWanted(id: MessageId, position: ReadPosition | null): boolean {
  if (position === null || id.ledgerId !== position.ledgerId || id.entryId !== position.entryId) return true;
  return Math.max(0, id.batchIndex) >= position.firstWanted;
}

/** Whether `last` lies at or behind the position. */
export function isAhead(last: MessageId, position: ReadPosition): boolean {
  const entries = last.ledgerId - position.ledgerId || last.entryId - position.entryId;
  return entries > 0 || (entries === 0 && Math.max(0, last.batchIndex) >= position.firstWanted);
}

/** As a start in SUBSCRIBE. With a batch index the broker begins at this entry, without one behind it. */
export function toStartMessageId(position: ReadPosition): { ledgerId: number; entryId: number; batchIndex?: number } {
  const { ledgerId, entryId, firstWanted } = position;
  return firstWanted === Number.POSITIVE_INFINITY || entryId < 0
    ? { ledgerId, entryId }
    : { ledgerId, entryId, batchIndex: 0 };
}
