import { ByteWriter } from './byte-writer.ts';
import { writeBatchedMessage } from './encode-entry.ts';
import type { BatchingOptions, OutgoingMessage } from './types.ts';

export interface Batch<W> {
  readonly messages: Buffer;
  readonly firstId: number;
  readonly lastId: number;
  readonly bytes: number;
  readonly waiters: readonly W[];
}

const smallestBuffer = 4096;

/** Collects messages of rising sequence ids, each with the one who waits for its receipt. */
export class BatchBuilder<W> {
  private readonly limits: BatchingOptions;
  private writer = new ByteWriter(smallestBuffer);
  private waiters: W[] = [];
  private firstId = 0;
  private lastId = 0;
  private bytes = 0;

  constructor(limits: BatchingOptions) {
    this.limits = limits;
  }

  get count(): number {
    return this.waiters.length;
  }

  get isFull(): boolean {
    return this.waiters.length >= this.limits.maxMessages || this.writer.length >= this.limits.maxBytes;
  }

  /** Whether a message of this size would make the batch larger than the broker takes. */
  wouldExceed(bytes: number, maxMessageBytes: number): boolean {
    return this.waiters.length > 0 && this.writer.length + bytes > maxMessageBytes;
  }

  add(message: OutgoingMessage, more: { sequenceId: number; bytes: number; waiter: W }): void {
    if (this.waiters.length === 0) this.firstId = more.sequenceId;
    this.lastId = more.sequenceId;
    this.bytes += more.bytes;
    writeBatchedMessage(this.writer, message, more.sequenceId);
    this.waiters.push(more.waiter);
  }

  take(): Batch<W> {
    const { firstId, lastId, bytes, waiters } = this;
    const batch = { messages: this.writer.written(), firstId, lastId, bytes, waiters };
    // As large as this one and an eighth: batches are alike, and to grow is to copy.
    this.writer = new ByteWriter(Math.max(smallestBuffer, (batch.messages.length * 9) >> 3));
    this.waiters = [];
    this.bytes = 0;
    return batch;
  }
}
