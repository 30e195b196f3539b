import { Fifo } from './fifo.ts';
import type { ReceivedMessage } from './types.ts';

/** What is assumed of a message's size before one was seen: all that a broker usually takes. */
const unseenBytes = 5 * 1024 * 1024;
/** How many smaller messages or entries it takes to forget a large one, about. */
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
 * the size of the largest recent messages and entries. A permit is worth a message when one has arrived, but an entry
 * (a batch, of a thousand messages perhaps) while the broker decides how much it reads: up to a hundred entries at
 * once, unless it has `preciseDispatcherFlowControl`. So as many permits are out as there is room for entries.
 * Every message that arrives, wanted or not, has used a permit: else delivery ends in silence.
 */
export class ReceiveQueue {
  private readonly limits: ReceiveQueueLimits;
  private readonly grant: (permits: number) => void;
  private readonly messages = new Fifo<ReceivedMessage>();
  /** Granted and not arrived; below zero when entries brought more messages than were asked for. */
  private outstanding = 0;
  private queuedBytes = 0;
  /** Before that nobody would hear of a permit. */
  private hasBegun = false;
  private expectedBytes: number;
  /** Of an entry; one entry alone is asked for before one was seen. */
  private expectedMessages = Infinity;
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
      this.expectedBytes = expectation(this.expectedBytes, bytes);
    }
    const count = Math.max(1, arrivedCount);
    this.expectedMessages = this.expectedMessages === Infinity ? count : expectation(this.expectedMessages, count);
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

  /** With nothing fetched ahead: who waits asks for one, whatever a batch has brought too many. */
  askForOne(): void {
    if (this.limits.messages > 0 || !this.hasBegun || this.isOneAskedFor) return;
    this.isOneAskedFor = true;
    this.raiseTo(1);
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
    // One entry has room always, however large it is.
    const whole = Math.max(1, this.entriesIn(messages, bytes));
    const room =
      this.messages.length === 0 ? whole : this.entriesIn(messages - this.messages.length, bytes - this.queuedBytes);
    if (room - Math.max(0, this.outstanding) < Math.max(1, whole >> 1)) return;
    this.raiseTo(room);
  }

  private raiseTo(outstanding: number): void {
    const permits = outstanding - this.outstanding;
    this.outstanding = outstanding;
    this.grant(permits);
  }

  private entriesIn(messages: number, bytes: number): number {
    return Math.floor(Math.min(messages, bytes / this.expectedBytes) / this.expectedMessages);
  }
}

/** The largest of late: larger ones count at once, smaller ones by and by. */
function expectation(before: number, seen: number): number {
  return Math.max(seen, before - (before - seen) / memory);
}

function sizeOf(message: ReceivedMessage): number {
  return message.payload.length + messageOverheadBytes;
}
