import { compareMessageIds, entryKeyOf, type MessageId } from './message-id.ts';

interface OpenBatch {
  readonly entry: MessageId;
  readonly isDone: Uint8Array;
  remaining: number;
}

/** Which messages of the received batches are still to be acknowledged: the broker only knows whole entries. */
export class BatchAcks {
  private readonly open = new Map<string, OpenBatch>();

  /** The messages of one entry that will be handed out; those left out are not waited for. */
  received(ids: readonly MessageId[]): void {
    const [first] = ids;
    if (first === undefined || first.batchIndex < 0) return;
    const isDone = new Uint8Array(first.batchSize ?? 0).fill(1);
    for (const id of ids) isDone[id.batchIndex] = 0;
    this.open.set(entryKeyOf(first), { entry: entryOf(first), isDone, remaining: ids.length });
  }

  /**
   * The entry to acknowledge now that this message is done; null while others in its batch are not, and for a batch that
   * is not known here any more (it comes again).
   */
  done(id: MessageId): MessageId | null {
    if (id.batchIndex < 0) return entryOf(id);
    const key = entryKeyOf(id);
    const batch = this.open.get(key);
    if (batch === undefined || batch.isDone[id.batchIndex] !== 0) return null;
    batch.isDone[id.batchIndex] = 1;
    batch.remaining--;
    if (batch.remaining > 0) return null;
    this.open.delete(key);
    return batch.entry;
  }

  /** After a cumulative acknowledgement nobody asks for these again. */
  forgetUpTo(entry: MessageId): void {
    for (const [key, batch] of this.open) {
      // In the order received, so the first later one ends the search.
      if (compareMessageIds(batch.entry, entry) > 0) return;
      this.open.delete(key);
    }
  }

  forget(ids: readonly MessageId[]): void {
    for (const id of ids) this.open.delete(entryKeyOf(id));
  }

  clear(): void {
    this.open.clear();
  }
}

/** The last whole entry at or before a message; null when that lies in an earlier ledger, whose end we do not know. */
export function lastEntryUpTo(id: MessageId): MessageId | null {
  const isLastOfEntry = id.batchIndex < 0 || id.batchIndex + 1 === id.batchSize;
  if (isLastOfEntry) return entryOf(id);
  return id.entryId === 0 ? null : { ...entryOf(id), entryId: id.entryId - 1 };
}

function entryOf(id: MessageId): MessageId {
  return { ledgerId: id.ledgerId, entryId: id.entryId, batchIndex: -1, partition: id.partition };
}
