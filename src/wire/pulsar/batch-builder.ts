import { ByteWriter } from './byte-writer.ts';
import { writeBatchedMessage } from './encode-entry.ts';
import type { BatchingOptions, OutgoingMessage } from './types.ts';

export interface Batch<W> {
  readonly messages: Buffer;
  readonly firstId: number;
  readonly waiters: readonly W[];
}

/** Collects messages of consecutive sequence ids, each with the one who waits for its receipt. */
export class BatchBuilder<W> {
  private readonly limits: BatchingOptions;
  private writer = new ByteWriter(4096);
  private waiters: W[] = [];
  private firstId = 0;

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

  add(message: OutgoingMessage, sequenceId: number, waiter: W): void {
    if (this.waiters.length === 0) this.firstId = sequenceId;
    writeBatchedMessage(this.writer, message, sequenceId);
    this.waiters.push(waiter);
  }

  take(): Batch<W> {
    const batch = { messages: this.writer.written(), firstId: this.firstId, waiters: this.waiters };
    this.writer = new ByteWriter(4096);
    this.waiters = [];
    return batch;
  }
}
