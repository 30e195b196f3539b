import { Fifo } from './fifo.ts';
import type { ReceivedMessage } from './types.ts';

/**
 * Messages fetched ahead, and the permits that let the broker send more. The broker counts messages but sends whole
 * batches, so more than the capacity may arrive. Every message that leaves, read or not, must give its permit back:
 * else delivery ends in silence.
 */
export class ReceiveQueue {
  private readonly capacity: number;
  private readonly grant: (permits: number) => void;
  private readonly messages = new Fifo<ReceivedMessage>();
  private freed = 0;
  private isOneAskedFor = false;

  constructor(capacity: number, grant: (permits: number) => void) {
    this.capacity = capacity;
    this.grant = grant;
  }

  get length(): number {
    return this.messages.length;
  }

  /** A new subscription: what was here comes again. `begin` follows when it stands. */
  reset(): void {
    this.messages.takeAll();
    this.freed = 0;
    this.isOneAskedFor = false;
  }

  begin(): void {
    if (this.capacity > 0) this.grant(this.capacity);
  }

  add(messages: readonly ReceivedMessage[]): void {
    this.isOneAskedFor = false;
    for (const message of messages) this.messages.push(message);
  }

  take(): ReceivedMessage | null {
    const message = this.messages.shift();
    if (message === undefined) return null;
    this.free(1);
    return message;
  }

  /** With capacity 0 nothing is fetched ahead: who waits asks for one. */
  askForOne(): void {
    if (this.capacity > 0 || this.isOneAskedFor) return;
    this.isOneAskedFor = true;
    this.grant(1);
  }

  /** Messages that arrived and are not wanted. */
  free(count: number): void {
    if (this.capacity === 0) return;
    this.freed += count;
    if (this.freed < Math.max(1, this.capacity >> 1)) return;
    const permits = this.freed;
    this.freed = 0;
    this.grant(permits);
  }

  /** Drops what is queued, for the broker to send again. */
  drop(): void {
    this.free(this.messages.takeAll().length);
  }
}
