import type { MessageId } from './message-id.ts';

/** Where reading begins: an entry, and the first message wanted in it (Infinity: none, begin behind it). */
export interface ReadPosition {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly firstWanted: number;
  /** An earlier entry, from which the broker sends so that a chunked message is whole; nothing else of it is wanted. */
  readonly from?: EntryPlace | undefined;
}

interface EntryPlace {
  readonly ledgerId: number;
  readonly entryId: number;
}

export function positionAt(id: MessageId): ReadPosition {
  const position = { ledgerId: id.ledgerId, entryId: id.entryId, firstWanted: Math.max(0, id.batchIndex) };
  return id.firstChunk ? { ...position, from: id.firstChunk } : position;
}

export function positionAfter(id: MessageId): ReadPosition {
  const firstWanted = id.batchIndex < 0 ? Number.POSITIVE_INFINITY : id.batchIndex + 1;
  return { ledgerId: id.ledgerId, entryId: id.entryId, firstWanted };
}

/** The broker sends whole entries: within the first one, what lies before the position is not wanted. */
export function isWanted(id: MessageId, position: ReadPosition | null): boolean {
  if (position === null) return true;
  const order = compareEntries(id, position);
  if (order === 0) return Math.max(0, id.batchIndex) >= position.firstWanted;
  return order > 0 || position.from === undefined || compareEntries(id, position.from) < 0;
}

/** Whether `last` lies at or behind the position. */
export function isAhead(last: MessageId, position: ReadPosition): boolean {
  const order = compareEntries(last, position);
  return order > 0 || (order === 0 && Math.max(0, last.batchIndex) >= position.firstWanted);
}

/** As a start in SUBSCRIBE. With a batch index the broker begins at this entry, without one behind it. */
export function toStartMessageId(position: ReadPosition): { ledgerId: number; entryId: number; batchIndex?: number } {
  const { ledgerId, entryId } = position.from ?? position;
  const isBehind = position.from === undefined && position.firstWanted === Number.POSITIVE_INFINITY;
  return isBehind || entryId < 0 ? { ledgerId, entryId } : { ledgerId, entryId, batchIndex: 0 };
}

/** The earliest of these entries, if it lies before the position. */
export function earliestBefore(position: ReadPosition, entries: Iterable<MessageId>): EntryPlace | undefined {
  let earliest: EntryPlace = position;
  for (const entry of entries) if (compareEntries(entry, earliest) < 0) earliest = entry;
  if (earliest === position) return undefined;
  return { ledgerId: earliest.ledgerId, entryId: earliest.entryId };
}

function compareEntries(a: EntryPlace, b: EntryPlace): number {
  return a.ledgerId - b.ledgerId || a.entryId - b.entryId;
}
