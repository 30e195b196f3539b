import { randomUUID } from 'node:crypto';
import { Acknowledger } from './acknowledger.ts';
import { Intake } from './intake.ts';
import type { MessageId } from './message-id.ts';
import { PulsarError } from './pulsar-error.ts';
import {
  earliestBefore,
  isAhead,
  positionAfter,
  positionAt,
  type ReadPosition,
  toStartMessageId,
} from './read-position.ts';
import { seekTarget } from './seek-target.ts';
import type { ConsumerHost } from './subscriber.ts';
import { fullTopicName } from './topic-name.ts';
import type { Reader, ReaderOptions, ReaderStart, ReceivedMessage } from './types.ts';

const exclusiveType = 0;

export async function openReader(host: ConsumerHost, options: ReaderOptions): Promise<Reader> {
  const reader = new TopicReader(host, options);
  await reader.start();
  return reader;
}

/** A subscription that the broker forgets when we leave; where we stand is remembered here. */
class TopicReader implements Reader {
  readonly topic: string;
  private readonly options: ReaderOptions;
  private readonly intake: Intake;
  private readonly acks: Acknowledger;
  private subscription = '';
  /** Behind the last message handed out. Null until the broker has told where "earliest", "latest" or a time lies. */
  private position: ReadPosition | null;
  private lastTaken: MessageId | null = null;
  /** Where a time lies the broker knows until it has told us, by the name under which we sought it. */
  private isSeekingTime = false;
  private subscribings = 0;

  constructor(host: ConsumerHost, options: ReaderOptions) {
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.position = positionOf(options.start);
    this.intake = new Intake(host, {
      ...options,
      topic: this.topic,
      subscribe: () => this.subscribeFields(),
      onConnection: (isConnected) => options.onConnection?.(isConnected),
      onFault: (error) => this.onFault(error),
    });
    this.acks = new Acknowledger(this.intake, false);
  }

  get isConnected(): boolean {
    return this.intake.connection !== null;
  }

  async start(): Promise<void> {
    const { start, signal } = this.options;
    await this.intake.subscriber.start(signal);
    try {
      const isAtTime = typeof start === 'object' && 'publishTimeMs' in start;
      this.position ??= await (isAtTime ? this.seekTime(start) : this.learnPosition());
    } catch (error) {
      await this.intake.close();
      throw error;
    }
  }

  async receive(signal?: AbortSignal): Promise<ReceivedMessage | null> {
    const message = this.poll();
    if (message !== null) return message;
    this.tellWhereWeAre();
    return this.advance(await this.intake.receive(signal));
  }

  poll(): ReceivedMessage | null {
    return this.advance(this.intake.poll());
  }

  async lastMessageId(signal?: AbortSignal): Promise<MessageId | null> {
    const { last } = await this.intake.lastIds(signal);
    return last !== null && this.hasMoreBefore(last) ? last : null;
  }

  hasMoreBefore(lastMessageId: MessageId | null): boolean {
    if (lastMessageId === null) return false;
    return this.position === null || isAhead(lastMessageId, this.position);
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.acks.drop(new PulsarError('Closed', `the reader of ${this.topic} is closed`));
    await this.intake.close(signal);
  }

  /**
   * A new name each time: while a topic is loaded the broker keeps what we asked for and took back meanwhile. Under one name
   * it then removed the cursor of the reader that it had let in, which was never sent a message again.
   */
  private subscribeFields() {
    this.subscribings++;
    if (!this.isSeekingTime) this.subscription = `reader-${randomUUID()}`;
    this.intake.position = this.position;
    return {
      subscription: this.subscription,
      subType: exclusiveType,
      consumerName: this.options.readerName,
      isDurable: false,
      isReadCompacted: this.options.isReadCompacted,
      startMessageId: this.position ? toStartMessageId(this.position) : startMessageId(this.options.start),
      forceTopicCreation: false,
    };
  }

  /** Again if the broker let go of us in between: it may have forgotten what we sought, and we stand at the earliest. */
  private async seekTime(start: { readonly publishTimeMs: number }): Promise<ReadPosition | null> {
    this.isSeekingTime = true;
    for (;;) {
      const before = this.subscribings;
      await this.intake.seek(seekTarget(start), null, this.options.signal);
      const position = await this.learnPosition();
      // A seek subscribes once.
      if (this.subscribings > before + 1) continue;
      this.isSeekingTime = false;
      return position;
    }
  }

  /**
   * Asks where the cursor stands. Without this a reader at "latest" that loses its connection before its first message
   * would begin behind what was published meanwhile.
   */
  private async learnPosition(): Promise<ReadPosition | null> {
    const { markDelete } = await this.intake.lastIds(this.options.signal);
    return markDelete && positionAfter(markDelete);
  }

  /** The broker tells of the end of a terminated topic only to who has acknowledged all of it. */
  private tellWhereWeAre(): void {
    if (this.lastTaken) void this.acks.ackUpTo(this.lastTaken);
    this.lastTaken = null;
  }

  private onFault(error: PulsarError): void {
    this.acks.drop(error);
    this.options.onFault?.(error);
  }

  private advance(message: ReceivedMessage | null): ReceivedMessage | null {
    if (message === null) return null;
    const position = positionAfter(message.id);
    this.lastTaken = message.id;
    if (message.id.firstChunk) this.intake.doneWith(message.id);
    // A message that lies in chunks on both sides of this one needs its first ones again after a reconnect.
    this.position = { ...position, from: earliestBefore(position, this.intake.chunksHeldAt(message.id)) };
    return message;
  }
}

function positionOf(start: ReaderStart): ReadPosition | null {
  if (typeof start !== 'object' || 'publishTimeMs' in start) return null;
  return start.isExclusive ? positionAfter(start.id) : positionAt(start.id);
}

/** A time is sought after subscribing; until then the earliest is right, for it leaves nothing out. */
function startMessageId(start: ReaderStart) {
  return seekTarget(start === 'latest' ? 'latest' : 'earliest').messageId;
}
