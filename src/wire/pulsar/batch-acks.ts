import { compareMessageIds, entryKeyOf, type MessageId } from './message-id.ts';

/** What to tell the broker: a whole entry, or with a set the messages of it that are still wanted (bit 1). */
export interface AckTarget {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly ackSet?: bigint[] | undefined;
  readonly batchSize?: number | undefined;
}

interface OpenBatch {
  readonly entry: MessageId;
  readonly isDone: Uint8Array;
  remaining: number;
}

/**
 * Which messages of the received batches are still to be acknowledged. Most brokers know whole entries only; with
 * `isByIndex` they are told of single messages too.
 */
export class BatchAcks {
  private readonly isByIndex: boolean;
  private readonly open = new Map<string, OpenBatch>();
  /** Of `open`, if it is still there: the next message done is mostly of the same batch. */
  private latest: OpenBatch | null = null;

  constructor(isByIndex: boolean) {
    this.isByIndex = isByIndex;
  }

  /** The messages of one entry that will be handed out; those left out are not waited for. */
  received(ids: readonly MessageId[]): void {
    const [first] = ids;
    if (first === undefined || first.batchIndex < 0) return;
    const isDone = new Uint8Array(first.batchSize ?? 0).fill(1);
    for (const id of ids) isDone[id.batchIndex] = 0;
    this.latest = null;
    this.open.set(entryKeyOf(first), { entry: entryOf(first), isDone, remaining: ids.length });
  }

  /**
   * What to acknowledge now that this message is done; null while others in its batch are not, and for a batch that
   * is not known here any more (it comes again).
   */
  done(id: MessageId): AckTarget | null {
    if (id.batchIndex < 0) return wholeEntry(id);
    const batch = this.batchOf(id);
    if (batch === undefined || batch.isDone[id.batchIndex] !== 0) return null;
    batch.isDone[id.batchIndex] = 1;
    batch.remaining--;
    if (batch.remaining > 0) return this.isByIndex ? partOf(batch) : null;
    this.remove(entryKeyOf(id));
    return wholeEntry(batch.entry);
  }

  /** What to acknowledge up to now; null when that lies in an earlier ledger, whose end we do not know. */
  doneUpTo(id: MessageId): AckTarget | null {
    const batch = this.isByIndex && !isLastOfEntry(id) ? this.open.get(entryKeyOf(id)) : undefined;
    if (batch === undefined) {
      const entry = lastEntryUpTo(id);
      if (entry) this.forgetUpTo(entry);
      return entry && wholeEntry(entry);
    }
    this.forgetUpTo({ ...batch.entry, entryId: batch.entry.entryId - 1 });
    batch.isDone.fill(1, 0, id.batchIndex + 1);
    batch.remaining = batch.isDone.reduce((sum, isDone) => sum + (isDone === 0 ? 1 : 0), 0);
    return batch.remaining > 0 ? partOf(batch) : wholeEntry(batch.entry);
  }

  forget(ids: readonly MessageId[]): void {
    for (const id of ids) this.remove(entryKeyOf(id));
  }

  clear(): void {
    this.open.clear();
    this.latest = null;
  }

  private batchOf(id: MessageId): OpenBatch | undefined {
    const { latest } = this;
    if (latest && latest.entry.entryId === id.entryId && latest.entry.ledgerId === id.ledgerId) return latest;
    const batch = this.open.get(entryKeyOf(id));
    this.latest = batch ?? null;
    return batch;
  }

  private remove(key: string): void {
    this.open.delete(key);
    this.latest = null;
  }

  /** After a cumulative acknowledgement nobody asks for these again. */
  private forgetUpTo(entry: MessageId): void {
    for (const [key, batch] of this.open) {
      // In the order received, so the first later one ends the search.
      if (compareMessageIds(batch.entry, entry) > 0) return;
      this.remove(key);
    }
  }
}

/** The last whole entry at or before a message; null when that lies in an earlier ledger, whose end we do not know. */
export function lastEntryUpTo(id: MessageId): MessageId | null {
  if (isLastOfEntry(id)) return entryOf(id);
  return id.entryId === 0 ? null : { ...entryOf(id), entryId: id.entryId - 1 };
}

/** One bit a message, 64 a word, the first message lowest. */
function partOf({ entry, isDone }: OpenBatch): AckTarget {
  const ackSet = Array.from({ length: Math.ceil(isDone.length / 64) }, () => 0n);
  isDone.forEach((done, index) => {
    if (done === 0) ackSet[index >> 6]! |= 1n << BigInt(index & 63);
  });
  return { ledgerId: entry.ledgerId, entryId: entry.entryId, ackSet, batchSize: isDone.length };
}

function wholeEntry({ ledgerId, entryId }: MessageId): AckTarget {
  return { ledgerId, entryId };
}

function isLastOfEntry(id: MessageId): boolean {
  return id.batchIndex < 0 || id.batchIndex + 1 === id.batchSize;
}

function entryOf(id: MessageId): MessageId {
  return { ledgerId: id.ledgerId, entryId: id.entryId, batchIndex: -1, partition: id.partition };
}
