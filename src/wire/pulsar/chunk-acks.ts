import { compareMessageIds, entryKeyOf, type MessageId } from './message-id.ts';

/** Which entries the chunked messages consist of that were handed out and are not acknowledged yet. */
export class ChunkAcks {
  private readonly entries = new Map<string, readonly MessageId[]>();

  /** `ids` end with the entry that the message is known by. */
  received(ids: readonly MessageId[]): void {
    this.entries.set(entryKeyOf(ids.at(-1)!), ids);
  }

  /** The entries of a message; empty when it is not known here any more (it comes again). */
  of(id: MessageId): readonly MessageId[] {
    return this.entries.get(entryKeyOf(id)) ?? [];
  }

  done(id: MessageId): void {
    this.entries.delete(entryKeyOf(id));
  }

  doneUpTo(entry: MessageId): void {
    for (const [key, ids] of this.entries) if (compareMessageIds(ids.at(-1)!, entry) <= 0) this.entries.delete(key);
  }

  /** Where the messages begin that end behind this entry. */
  *begunBefore(entry: MessageId): Generator<MessageId> {
    for (const ids of this.entries.values()) if (compareMessageIds(ids.at(-1)!, entry) > 0) yield ids[0]!;
  }

  clear(): void {
    this.entries.clear();
  }
}

/**
 * How far a cumulative acknowledgement may go: chunks of several messages lie between each other, and the beginning of
 * one that is not done must stay. Null when nothing is safe.
 */
export function lastSafeEntry(entry: MessageId, held: Iterable<MessageId>): MessageId | null {
  let safe = entry;
  for (const first of held) {
    if (compareMessageIds(first, safe) > 0) continue;
    // The end of the ledger before this one is not known.
    if (first.entryId === 0) return null;
    safe = { ...safe, ledgerId: first.ledgerId, entryId: first.entryId - 1, batchIndex: -1, batchSize: 0 };
  }
  return safe;
}
