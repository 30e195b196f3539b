import { BatchBuilder } from './batch-builder.ts';
import { type EncodedEntry, type EntryFrom, encodeBatchEntry, encodeSingleEntry } from './encode-entry.ts';
import { Fifo } from './fifo.ts';
import type { MessageId } from './message-id.ts';
import type { PulsarError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import type { BatchingOptions, OutgoingMessage } from './types.ts';

interface Waiter {
  readonly resolve: (id: MessageId) => void;
  readonly reject: (error: PulsarError) => void;
}

/** An entry on its way. Kept as sent, so that a resend after a reconnect is the same batch with the same ids. */
export interface PendingEntry {
  readonly firstId: number;
  readonly lastId: number;
  /** Of its messages, as counted by `add`. */
  readonly bytes: number;
  readonly isBatch: boolean;
  readonly encoded: EncodedEntry;
  readonly waiters: readonly Waiter[];
}

export interface Receipt {
  readonly sequenceId: number;
  readonly messageId?: { ledgerId: number; entryId: number } | undefined;
}

export interface OutboxHooks {
  readonly entryFrom: () => EntryFrom;
  /** Sends an entry if there is a connection; if not it stays pending for `resend`. */
  readonly transmit: (entry: PendingEntry) => void;
}

/** Messages between `send` and their receipt: batched, numbered, and kept until the broker has confirmed them. */
export class Outbox {
  /** Fires when something was confirmed or refused. */
  readonly progressed = new Pulse();
  private readonly hooks: OutboxHooks;
  private readonly batching: BatchingOptions | null;
  private readonly builder: BatchBuilder<Waiter> | null;
  private readonly pending = new Fifo<PendingEntry>();
  private pendingMessages = 0;
  private pendingBytes = 0;
  private addedId = -1;
  private settledId = -1;
  private flushTimer: NodeJS.Timeout | NodeJS.Immediate | null = null;

  constructor(batching: BatchingOptions | false, hooks: OutboxHooks) {
    this.hooks = hooks;
    this.batching = batching || null;
    this.builder = batching ? new BatchBuilder(batching) : null;
  }

  /** Messages added and not settled. */
  get count(): number {
    return this.pendingMessages;
  }

  get bytes(): number {
    return this.pendingBytes;
  }

  get lastId(): number {
    return this.addedId;
  }

  /** The entry that is next for a receipt, by its first message. */
  get nextId(): number | undefined {
    return this.pending.peek()?.firstId;
  }

  get lastSettledId(): number {
    return this.settledId;
  }

  hasSettled(sequenceId: number): boolean {
    return this.settledId >= sequenceId;
  }

  /** The broker has everything up to this one. */
  continueAfter(lastSequenceId: number): void {
    this.addedId = lastSequenceId;
    this.settledId = lastSequenceId;
  }

  /** `bytes` is the message's size, which is at most maxBytes; ids rise. */
  add(message: OutgoingMessage, sequenceId: number, bytes: number, maxBytes: number): Promise<MessageId> {
    this.addedId = sequenceId;
    this.pendingMessages++;
    this.pendingBytes += bytes;
    return new Promise((resolve, reject) => {
      if (this.builder && this.batching) {
        if (this.builder.wouldExceed(bytes, maxBytes)) this.flushBatch();
        this.builder.add(message, { sequenceId, bytes, waiter: { resolve, reject } });
        if (this.builder.isFull) this.flushBatch();
        else this.flushTimer ??= startTimer(() => this.flushBatch(), this.batching.maxDelayMs);
      } else {
        const encoded = encodeSingleEntry(message, sequenceId, this.hooks.entryFrom());
        const ids = { firstId: sequenceId, lastId: sequenceId };
        this.enqueue({ ...ids, bytes, isBatch: false, encoded, waiters: [{ resolve, reject }] });
      }
    });
  }

  flushBatch(): void {
    stopTimer(this.flushTimer);
    this.flushTimer = null;
    if (!this.builder || this.builder.count === 0) return;
    const batch = this.builder.take();
    this.enqueue({ ...batch, isBatch: true, encoded: encodeBatchEntry(batch, this.hooks.entryFrom()) });
  }

  resend(): void {
    for (const entry of this.pending) this.hooks.transmit(entry);
  }

  /** Receipts come in order. False when one is missing before this: only a resend can tell whether the entry is stored. */
  confirm(receipt: Receipt, partition: number): boolean {
    const head = this.pending.peek();
    // An older one is the late receipt of something that was sent twice.
    if (!head || receipt.sequenceId < head.firstId) return true;
    if (receipt.sequenceId > head.firstId) return false;
    this.pending.shift();
    // With deduplication a resend that was stored already is answered with ids of -1.
    const { ledgerId = -1, entryId = -1 } = receipt.messageId ?? {};
    const batchSize = head.isBatch ? head.waiters.length : 0;
    head.waiters.forEach((waiter, index) => {
      waiter.resolve({ ledgerId, entryId, partition, batchIndex: head.isBatch ? index : -1, batchSize });
    });
    this.settle(head);
    return true;
  }

  /** Gives up the entry that is next for a receipt; false when that is another one. */
  refuse(sequenceId: number, error: PulsarError): boolean {
    const head = this.pending.peek();
    if (head?.firstId !== sequenceId) return false;
    this.pending.shift();
    for (const waiter of head.waiters) waiter.reject(error);
    this.settle(head);
    return true;
  }

  rejectAll(error: PulsarError): void {
    stopTimer(this.flushTimer);
    const waiters = this.pending.takeAll().flatMap((entry) => entry.waiters);
    waiters.push(...(this.builder?.take().waiters ?? []));
    this.settledId = this.addedId;
    this.pendingMessages = 0;
    this.pendingBytes = 0;
    for (const waiter of waiters) waiter.reject(error);
    this.progressed.fire();
  }

  private enqueue(entry: PendingEntry): void {
    this.pending.push(entry);
    this.hooks.transmit(entry);
  }

  private settle(entry: PendingEntry): void {
    this.settledId = entry.lastId;
    this.pendingMessages -= entry.waiters.length;
    this.pendingBytes -= entry.bytes;
    this.progressed.fire();
  }
}

/** Delay 0 is the end of the turn: everything sent in one go travels together, and nothing waits. */
function startTimer(run: () => void, delayMs: number): NodeJS.Timeout | NodeJS.Immediate {
  return delayMs <= 0 ? setImmediate(run) : setTimeout(run, delayMs);
}

function stopTimer(timer: NodeJS.Timeout | NodeJS.Immediate | null): void {
  if (timer === null) return;
  clearTimeout(timer as NodeJS.Timeout);
  clearImmediate(timer as NodeJS.Immediate);
}
