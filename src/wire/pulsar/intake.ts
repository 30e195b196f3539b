import { ChunkAcks } from './chunk-acks.ts';
import { ChunkAssembler, type IncompleteMessage } from './chunk-assembler.ts';
import type { Connection } from './connection.ts';
import type { MessageCommand } from './consumer-commands.ts';
import { type DecodedEntry, decodeEntry } from './decode-entry.ts';
import { fromIdData, type MessageId } from './message-id.ts';
import { PulsarError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import { isWanted, type ReadPosition } from './read-position.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { type ConsumerHost, type SubscribeFields, Subscriber } from './subscriber.ts';
import { fullTopicName, partitionOf } from './topic-name.ts';
import type { IntakeLimits, ReceivedMessage } from './types.ts';

const defaults = {
  receiveQueue: 1000,
  maxQueuedBytes: 64 * 1024 * 1024,
  maxMessageBytes: 128 * 1024 * 1024,
  chunkExpiryMs: 60_000,
} as const;

export interface IntakeOptions extends IntakeLimits {
  /** Full name. */
  readonly topic: string;
  readonly subscribe: () => SubscribeFields;
  /** The messages of one entry, before they are queued. */
  readonly onEntry?: (messages: readonly ReceivedMessage[]) => void;
  /** What was not acknowledged comes again. */
  readonly onRewind?: () => void;
  readonly onActiveChange?: (isActive: boolean) => void;
  readonly onConnection: (isConnected: boolean) => void;
  readonly onFault: (error: PulsarError) => void;
  /** Something was received, or nothing more will be. */
  readonly onArrival?: (() => void) | undefined;
}

/** What lies between the broker's messages and `receive`: decoding, chunks, queue. */
export class Intake {
  /** What lies before it is passed over. */
  position: ReadPosition | null = null;
  readonly subscriber: Subscriber;
  private readonly options: IntakeOptions;
  private readonly queue: ReceiveQueue;
  private readonly assembler: ChunkAssembler;
  private readonly chunked = new ChunkAcks();
  private readonly arrived = new Pulse();
  private readonly partition: number;
  private readonly maxMessageBytes: number;
  private isAtEnd = false;
  private endedBy: PulsarError | null = null;

  constructor(host: ConsumerHost, options: IntakeOptions) {
    this.options = options;
    this.partition = partitionOf(options.topic);
    this.maxMessageBytes = options.maxMessageBytes ?? defaults.maxMessageBytes;
    this.queue = new ReceiveQueue(
      {
        messages: options.receiveQueue ?? defaults.receiveQueue,
        bytes: options.maxQueuedBytes ?? defaults.maxQueuedBytes,
      },
      (permits) => this.subscriber.grant(permits),
    );
    this.assembler = new ChunkAssembler(
      { maxBytes: this.maxMessageBytes, expiryMs: options.chunkExpiryMs ?? defaults.chunkExpiryMs },
      (message) => this.onIncomplete(message),
    );
    this.subscriber = new Subscriber(host, {
      topic: fullTopicName(options.topic),
      subscribe: options.subscribe,
      end: this,
      onFresh: (isFirst) => this.onFresh(isFirst),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.stop(error),
    });
  }

  get connection(): Connection | null {
    return this.subscriber.connection;
  }

  /** Nothing is queued and nothing more will come. */
  get hasEnded(): boolean {
    return this.isAtEnd && this.queue.length === 0;
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
    const { lastMessageId, markDeletePosition } = await this.subscriber.lastIds(signal);
    return {
      // An empty topic answers with entry -1.
      last: lastMessageId.entryId < 0 ? null : fromIdData(lastMessageId, this.partition),
      markDelete: markDeletePosition ? fromIdData(markDeletePosition, this.partition) : null,
    };
  }

  /** `position` is the filter that belongs to the seek's target. */
  async seek(to: Parameters<Subscriber['seek']>[0], position: ReadPosition | null, signal?: AbortSignal) {
    const onSought = () => {
      this.position = position;
    };
    await this.subscriber.seek(to, onSought, signal);
  }

  /** Everything not acknowledged comes again; what is here is not handed out any more. */
  async renew(beforeLeaving: () => Promise<void>): Promise<void> {
    const renewing = this.subscriber.renew(beforeLeaving);
    this.forgetReceived();
    await renewing;
  }

  /** The entries a chunked message consists of; empty when it is none, or not known here any more. */
  entriesOf(id: MessageId): readonly MessageId[] {
    return this.chunked.of(id);
  }

  doneWith(id: MessageId): void {
    this.chunked.done(id);
  }

  doneUpTo(entry: MessageId): void {
    this.chunked.doneUpTo(entry);
  }

  /** Where the chunked messages begin that end behind this entry. */
  *chunksHeldAt(entry: MessageId): Generator<MessageId> {
    yield* this.assembler.openedAt();
    yield* this.chunked.begunBefore(entry);
  }

  async close(signal?: AbortSignal): Promise<void> {
    if (this.endedBy?.code === 'Closed') return;
    this.forgetReceived();
    this.endedBy = new PulsarError('Closed', `closed: ${this.options.topic}`);
    this.wake();
    await this.subscriber.close(this.endedBy, signal);
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
    this.chunked.clear();
    this.assembler.clear();
    this.queue.drop();
    this.options.onRewind?.();
    this.options.onActiveChange?.(isActive);
  }

  onEndOfTopic(): void {
    this.isAtEnd = true;
    this.wake();
  }

  private take(command: MessageCommand, entry: Buffer): void {
    const { maxMessageBytes, partition } = this;
    const assemble = (chunk: Parameters<ChunkAssembler['add']>[0]) => this.assembler.add(chunk);
    const decoded = decodeEntry(command, entry, { maxMessageBytes, partition, assemble });
    const wanted = decoded.messages.filter((message) => isWanted(message.id, this.position));
    this.remember(decoded, wanted);
    this.queue.add(wanted, decoded.messageCount);
    this.wake();
  }

  private remember(decoded: DecodedEntry, wanted: readonly ReceivedMessage[]): void {
    if (decoded.chunkIds && wanted.length > 0) this.chunked.received(decoded.chunkIds);
    this.options.onEntry?.(wanted);
  }

  private onFresh(isFirst: boolean): void {
    this.forgetReceived();
    this.isAtEnd = false;
    if (!isFirst) this.options.onRewind?.();
  }

  private forgetReceived(): void {
    this.queue.reset();
    this.assembler.clear();
    this.chunked.clear();
  }

  private onIncomplete(message: IncompleteMessage): void {
    // The rest of a message that was handed out before: nothing is missing.
    if (message.ids.every((id) => !isWanted(id, this.position))) return;
    this.options.onIncomplete?.(message);
  }

  private onConnection(isConnected: boolean): void {
    if (isConnected) {
      this.queue.begin();
      this.wake();
    }
    this.options.onConnection(isConnected);
  }

  private stop(error: PulsarError): void {
    if (this.endedBy) return;
    this.endedBy = error;
    // Unless it is the message that is at fault the subscription is gone; else it stays, for acknowledgements under way.
    if (error.code !== 'Undecodable') this.subscriber.end(error);
    this.wake();
    this.options.onFault(error);
  }

  private wake(): void {
    this.arrived.fire();
    this.options.onArrival?.();
  }
}
