import { Attachment } from './attachment.ts';
import type { MessageCommand, OutgoingCommand } from './commands.ts';
import type { Connection, ConsumerEnd } from './connection.ts';
import { decodeEntry } from './decode-entry.ts';
import type { MessageId } from './message-id.ts';
import { PulsarError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import { isWanted, type ReadPosition } from './read-position.ts';
import { ReceiveQueue } from './receive-queue.ts';
import type { ReceivedMessage } from './types.ts';

const defaultReceiveQueue = 1000;
const seekAttempts = 6;

export interface ConsumerHost {
  readonly id: number;
  readonly lookup: (topic: string, signal: AbortSignal) => Promise<Connection>;
  readonly onClosed: () => void;
}

type Subscribe = NonNullable<OutgoingCommand['subscribe']>;
type Seek = NonNullable<OutgoingCommand['seek']>;

export interface IntakeOptions {
  /** Full name. */
  readonly topic: string;
  readonly receiveQueue: number | undefined;
  /** Asked at every (re)connect: a reader begins where it stands. */
  readonly subscribe: () => Omit<Subscribe, 'topic' | 'consumerId' | 'requestId'>;
  /** The messages of one entry, before they are queued. */
  readonly onEntry?: (messages: readonly ReceivedMessage[]) => void;
  /** The queue was emptied: what was not acknowledged comes again. */
  readonly onRewind?: () => void;
  readonly onActiveChange?: (isActive: boolean) => void;
  readonly onConnection: (isConnected: boolean) => void;
  readonly onFault: (error: PulsarError) => void;
}

/** What lies between the broker's messages and `receive`: subscription, permits, decoding, queue. */
export class Intake implements ConsumerEnd {
  /** Within the entry of this position, earlier messages are passed over. */
  position: ReadPosition | null = null;
  private readonly host: ConsumerHost;
  private readonly options: IntakeOptions;
  private readonly attachment: Attachment;
  private readonly queue: ReceiveQueue;
  private readonly arrived = new Pulse();
  private redeliveryEpoch = 0;
  private isAtEnd = false;
  private endedBy: PulsarError | null = null;
  private hasAttachedBefore = false;

  constructor(host: ConsumerHost, options: IntakeOptions) {
    this.host = host;
    this.options = options;
    const consumerId = host.id;
    this.queue = new ReceiveQueue(options.receiveQueue ?? defaultReceiveQueue, (permits) =>
      this.connection?.send({ flow: { consumerId, permits } }),
    );
    this.attachment = new Attachment({
      lookup: (signal) => host.lookup(options.topic, signal),
      attach: (connection, signal) => this.attach(connection, signal),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.stop(error),
    });
  }

  get connection(): Connection | null {
    return this.attachment.connection;
  }

  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.attachment.start(signal);
    } catch (error) {
      this.attachment.end(new PulsarError('Closed', 'the consumer was never opened'));
      this.host.onClosed();
      throw error;
    }
  }

  async receive(signal?: AbortSignal): Promise<ReceivedMessage | null> {
    for (;;) {
      const message = this.poll();
      if (message !== null) return message;
      if (this.isAtEnd) return null;
      signal?.throwIfAborted();
      this.queue.askForOne();
      await this.arrived.wait(signal);
    }
  }

  poll(): ReceivedMessage | null {
    const message = this.queue.take();
    if (message === null && this.endedBy) throw this.endedBy;
    return message;
  }

  /** The newest id on the topic, and the entry up to which this subscription has acknowledged; null for none. */
  async lastIds(signal?: AbortSignal): Promise<{ last: MessageId | null; markDelete: MessageId | null }> {
    const connection = await this.attachment.attached(signal);
    const consumerId = this.host.id;
    const answer = await connection.request((requestId) => ({ getLastMessageId: { consumerId, requestId } }), signal);
    const { lastMessageId, markDeletePosition } = answer.getLastMessageIdResponse!;
    return {
      // An empty topic answers with entry -1.
      last: lastMessageId.entryId < 0 ? null : toMessageId(lastMessageId),
      markDelete: markDeletePosition ? toMessageId(markDeletePosition) : null,
    };
  }

  /** `position` is the filter that belongs to the seek's target. */
  async seek(to: Omit<Seek, 'consumerId' | 'requestId'>, position: ReadPosition | null, signal?: AbortSignal) {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.seekOnce(to, position, signal);
        return;
      } catch (error) {
        // Seeking twice ends where seeking once does.
        const isWorthAnother = error instanceof PulsarError && error.isTransient && attempt < seekAttempts;
        if (!isWorthAnother) throw error;
      }
    }
  }

  /** Asks again for these entries; for all that is not acknowledged without them. */
  redeliver(messageIds?: readonly MessageId[]): void {
    const consumerId = this.host.id;
    if (messageIds) {
      const ids = messageIds.map(({ ledgerId, entryId }) => ({ ledgerId, entryId }));
      this.connection?.send({ redeliver: { consumerId, messageIds: ids } });
      return;
    }
    // What the broker sent before it heard this carries the earlier epoch, and is dropped.
    this.redeliveryEpoch++;
    this.connection?.send({ redeliver: { consumerId, consumerEpoch: this.redeliveryEpoch } });
    this.rewind();
  }

  async close(): Promise<void> {
    if (this.endedBy?.code === 'Closed') return;
    const connection = this.connection;
    this.queue.reset();
    this.endedBy = new PulsarError('Closed', `closed: ${this.options.topic}`);
    this.attachment.end(this.endedBy);
    this.arrived.fire();
    this.host.onClosed();
    if (!connection) return;
    const consumerId = this.host.id;
    connection.consumers.delete(consumerId);
    await connection.request((requestId) => ({ closeConsumer: { consumerId, requestId } })).catch(() => {});
  }

  onMessage(command: MessageCommand, entry: Buffer): void {
    if (this.endedBy) return;
    try {
      this.take(command, entry);
    } catch (error) {
      // Never acknowledged, never passed over: the message stays on the topic for a reader that understands it.
      if (!(error instanceof PulsarError)) throw error;
      this.stop(error);
    }
  }

  onActiveChange(isActive: boolean): void {
    // Whoever becomes active receives everything not acknowledged from the start, so what is queued would come twice.
    this.rewind();
    this.options.onActiveChange?.(isActive);
  }

  onEndOfTopic(): void {
    this.isAtEnd = true;
    this.arrived.fire();
  }

  onDetached(): void {
    this.attachment.lost();
  }

  private take(command: MessageCommand, entry: Buffer): void {
    const decoded = decodeEntry(command, entry);
    const isOutdated = (command.consumerEpoch ?? 0) < this.redeliveryEpoch;
    const wanted = isOutdated ? [] : decoded.messages.filter((message) => isWanted(message.id, this.position));
    this.options.onEntry?.(wanted);
    this.queue.add(wanted);
    const unwanted = decoded.messageCount - wanted.length;
    if (unwanted > 0) this.queue.free(unwanted);
    this.arrived.fire();
  }

  private rewind(): void {
    this.queue.drop();
    this.options.onRewind?.();
  }

  private async attach(connection: Connection, signal: AbortSignal): Promise<void> {
    const consumerId = this.host.id;
    this.queue.reset();
    this.isAtEnd = false;
    if (this.hasAttachedBefore) this.options.onRewind?.();
    connection.consumers.set(consumerId, this);
    const common = { ...this.options.subscribe(), topic: this.options.topic, consumerId };
    const consumerEpoch = this.redeliveryEpoch;
    try {
      await connection.request((requestId) => ({ subscribe: { ...common, consumerEpoch, requestId } }), signal);
      this.hasAttachedBefore = true;
    } catch (error) {
      connection.consumers.delete(consumerId);
      connection.send({ closeConsumer: { consumerId, requestId: connection.takeRequestId() } });
      throw error;
    }
  }

  private onConnection(isConnected: boolean): void {
    if (isConnected) {
      this.queue.begin();
      this.arrived.fire();
    }
    this.options.onConnection(isConnected);
  }

  private async seekOnce(
    to: Omit<Seek, 'consumerId' | 'requestId'>,
    position: ReadPosition | null,
    signal?: AbortSignal,
  ) {
    const consumerId = this.host.id;
    const connection = await this.attachment.attached(signal);
    // The broker throws the consumer out around a seek: that must not look like a lost connection, and what it sent
    // before must not be received after.
    this.attachment.pause();
    connection.consumers.delete(consumerId);
    try {
      await connection.request((requestId) => ({ seek: { ...to, consumerId, requestId } }), signal);
      this.position = position;
    } catch (error) {
      connection.send({ closeConsumer: { consumerId, requestId: connection.takeRequestId() } });
      await this.attachment.resume();
      throw error;
    }
    await this.attachment.resume(signal);
  }

  private stop(error: PulsarError): void {
    if (this.endedBy) return;
    this.endedBy = error;
    // Unless it is the message that is at fault the subscription is gone; else it stays, for acknowledgements under way.
    if (error.code !== 'Undecodable') this.attachment.end(error);
    this.arrived.fire();
    this.options.onFault(error);
  }
}

function toMessageId(data: {
  ledgerId: number;
  entryId: number;
  partition?: number | undefined;
  batchIndex?: number | undefined;
}): MessageId {
  const { ledgerId, entryId, partition = -1, batchIndex = -1 } = data;
  return { ledgerId, entryId, partition, batchIndex };
}
