import { Fifo } from './fifo.ts';
import type { ReceivedMessage } from './types.ts';

/** What is assumed of a message's size before one was seen: all that a broker usually takes. */
const unseenBytes = 5 * 1024 * 1024;
/** How many smaller messages it takes to forget a large one, about. */
const memory = 32;
/** Properties, key and the object itself, roughly. */
const messageOverheadBytes = 200;

export interface ReceiveQueueLimits {
  /** 0: nothing is fetched ahead. */
  readonly messages: number;
  readonly bytes: number;
}

/**
 * Messages fetched ahead, and the permits that let the broker send more: no more than both limits leave room for, by
 * the size of the largest recent messages. The broker counts messages but sends whole batches, so more may arrive.
 * Every message that arrives, wanted or not, has used a permit: else delivery ends in silence.
 */
export class ReceiveQueue {
  private readonly limits: ReceiveQueueLimits;
  private readonly grant: (permits: number) => void;
  private readonly messages = new Fifo<ReceivedMessage>();
  /** Granted and not arrived; below zero when a batch brought more than was asked for. */
  private outstanding = 0;
  private queuedBytes = 0;
  /** Before that nobody would hear of a permit. */
  private hasBegun = false;
  private expectedBytes: number;
  private isOneAskedFor = false;

  constructor(limits: ReceiveQueueLimits, grant: (permits: number) => void) {
    this.limits = limits;
    this.grant = grant;
    this.expectedBytes = Math.min(limits.bytes, unseenBytes);
  }

  get length(): number {
    return this.messages.length;
  }

  get bytes(): number {
    return this.queuedBytes;
  }

  /** A new subscription: what was here comes again. `begin` follows when it stands. */
  reset(): void {
    this.messages.takeAll();
    this.queuedBytes = 0;
    this.outstanding = 0;
    this.hasBegun = false;
    this.isOneAskedFor = false;
  }

  begin(): void {
    this.hasBegun = true;
    this.grantMore();
  }

  /** What arrived with one entry; `arrivedCount` counts also what of it is not wanted. */
  add(messages: readonly ReceivedMessage[], arrivedCount = messages.length): void {
    // Whether or not it was of use: who still waits asks again.
    this.isOneAskedFor = false;
    for (const message of messages) {
      this.messages.push(message);
      const bytes = sizeOf(message);
      this.queuedBytes += bytes;
      this.expectedBytes = Math.max(bytes, this.expectedBytes - (this.expectedBytes - bytes) / memory);
    }
    this.outstanding -= arrivedCount;
    this.grantMore();
  }

  take(): ReceivedMessage | null {
    const message = this.messages.shift();
    if (message === undefined) return null;
    this.queuedBytes -= sizeOf(message);
    this.grantMore();
    return message;
  }

  /** With nothing fetched ahead: who waits asks for one. */
  askForOne(): void {
    if (this.limits.messages > 0 || this.isOneAskedFor) return;
    this.isOneAskedFor = true;
    this.grant(1);
  }

  /** Drops what is queued, for the broker to send again. */
  drop(): void {
    this.messages.takeAll();
    this.queuedBytes = 0;
    this.grantMore();
  }

  /** In steps of half of what there is room for: not one command a message. */
  private grantMore(): void {
    const { messages, bytes } = this.limits;
    if (messages === 0 || !this.hasBegun) return;
    const whole = Math.min(messages, Math.max(1, Math.floor(bytes / this.expectedBytes)));
    const byBytes = Math.floor((bytes - this.queuedBytes) / this.expectedBytes);
    // One message has room always, however large it is.
    const room = this.messages.length === 0 ? whole : Math.min(messages - this.messages.length, byBytes);
    const permits = room - this.outstanding;
    if (permits < Math.max(1, whole >> 1)) return;
    this.outstanding += permits;
    this.grant(permits);
  }
}

function sizeOf(message: ReceivedMessage): number {
  return message.payload.length + messageOverheadBytes;
}
