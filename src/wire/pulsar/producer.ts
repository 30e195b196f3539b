import { Attachment } from './attachment.ts';
import type { Command } from './commands.ts';
import type { Connection, ProducerEnd } from './connection.ts';
import type { MessageId } from './message-id.ts';
import { toKeyValues } from './message-metadata.ts';
import { Outbox, type PendingEntry } from './outbox.ts';
import { PulsarError, serverError } from './pulsar-error.ts';
import { fullTopicName } from './service-url.ts';
import type { BatchingOptions, OutgoingMessage, Producer, ProducerOptions } from './types.ts';

const defaultBatching: BatchingOptions = { maxMessages: 1000, maxBytes: 128 * 1024, maxDelayMs: 1 };
const defaultMaxPending = 2000;
const accessModes = { Shared: 0, Exclusive: 1, ExclusiveWithFencing: 3 } as const;
/** Until a broker has said what it takes. */
const usualMaxMessageBytes = 5 * 1024 * 1024;
/** What metadata and framing may add to a message of the greatest size. */
const envelopeBytes = 10 * 1024;

export interface ProducerHost {
  readonly id: number;
  readonly lookup: (topic: string, signal: AbortSignal) => Promise<Connection>;
  readonly onClosed: () => void;
}

export async function openProducer(host: ProducerHost, options: ProducerOptions): Promise<Producer> {
  const producer = new BrokerProducer(host, options);
  await producer.start();
  return producer;
}

class BrokerProducer implements Producer, ProducerEnd {
  readonly topic: string;
  private readonly host: ProducerHost;
  private readonly options: ProducerOptions;
  private readonly attachment: Attachment;
  private readonly outbox: Outbox;
  private givenName: string | undefined;
  private schemaVersion: Buffer | null = null;
  private topicEpoch: number | undefined;
  private epoch = 0;
  private endedBy: PulsarError | null = null;

  constructor(host: ProducerHost, options: ProducerOptions) {
    this.host = host;
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.outbox = new Outbox(options.batching ?? defaultBatching, {
      entryFrom: () => this.entryFrom(),
      transmit: (entry) => this.transmit(entry),
    });
    this.attachment = new Attachment({
      lookup: (signal) => host.lookup(this.topic, signal),
      attach: (connection, signal) => this.attach(connection, signal),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.onFault(error),
    });
  }

  get name(): string {
    return this.givenName ?? '';
  }

  get isConnected(): boolean {
    return this.attachment.connection !== null;
  }

  get pendingCount(): number {
    return this.outbox.count;
  }

  async start(): Promise<void> {
    try {
      await this.attachment.start(this.options.signal);
    } catch (error) {
      this.attachment.end(new PulsarError('Closed', 'the producer was never opened'));
      this.host.onClosed();
      throw error;
    }
  }

  async send(message: OutgoingMessage): Promise<MessageId> {
    if (this.endedBy) throw this.endedBy;
    const maxBytes = (this.attachment.connection?.maxMessageBytes ?? usualMaxMessageBytes) - envelopeBytes;
    const bytes = sizeOf(message);
    if (bytes > maxBytes) throw new PulsarError('MessageTooBig', `${bytes} bytes; the broker takes ${maxBytes}`);
    return this.outbox.add(message, bytes, maxBytes);
  }

  async readyToSend(signal?: AbortSignal): Promise<void> {
    const maxPending = this.options.maxPending ?? defaultMaxPending;
    while (this.outbox.count >= maxPending && !this.endedBy) await this.outbox.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
    await this.attachment.connection?.untilDrained(signal);
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.outbox.flushBatch();
    const { lastId } = this.outbox;
    while (!this.endedBy && !this.outbox.hasSettled(lastId)) await this.outbox.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
  }

  async close(): Promise<void> {
    if (this.endedBy) return;
    this.outbox.flushBatch();
    while (this.outbox.count > 0 && this.isConnected && !this.endedBy) await this.outbox.progressed.wait();
    const connection = this.attachment.connection;
    this.end(new PulsarError('Closed', `the producer on ${this.topic} is closed`));
    if (!connection) return;
    const producerId = this.host.id;
    await connection.request((requestId) => ({ closeProducer: { producerId, requestId } })).catch(() => {});
  }

  onReceipt(receipt: NonNullable<Command['sendReceipt']>): void {
    if (!this.outbox.confirm(receipt)) this.attachAgain();
  }

  onSendError({ sequenceId, error, message }: NonNullable<Command['sendError']>): void {
    const cause = serverError(error, message);
    if (cause.code === 'TopicTerminatedError' || cause.code === 'ProducerFenced') this.onFault(cause);
    else if (cause.code !== 'NotAllowedError' || !this.outbox.refuse(sequenceId, cause)) this.attachAgain();
  }

  onDetached(): void {
    this.attachment.lost();
  }

  private async attach(connection: Connection, signal: AbortSignal): Promise<void> {
    const producerId = this.host.id;
    await this.throwOnMissingTopic(connection, signal);
    // Before the request: the broker may let go of us right after it has answered.
    connection.producers.set(producerId, this);
    try {
      const registration = { ...this.registration(), producerId };
      const answer = await connection.request((requestId) => ({ producer: { ...registration, requestId } }), signal);
      this.onAttached(answer.producerSuccess!);
    } catch (error) {
      // It may have been registered all the same (a late answer).
      this.leave(connection);
      throw error;
    }
  }

  /** The protocol has no "do not create" for producers: one that reconnects after a delete would make the topic again. */
  private async throwOnMissingTopic(connection: Connection, signal: AbortSignal): Promise<void> {
    const question = { topic: this.topic, allowsAutoCreation: false };
    await connection.request((requestId) => ({ partitionedMetadata: { ...question, requestId } }), signal);
  }

  private registration() {
    const { name, accessMode = 'Shared', metadata, schema } = this.options;
    return {
      topic: this.topic,
      producerName: this.givenName ?? name,
      isUserProvidedName: name !== undefined,
      // Tells the broker that this is us again, not a second producer of the same name.
      epoch: this.epoch,
      accessMode: accessModes[accessMode],
      topicEpoch: this.topicEpoch,
      metadata: toKeyValues(metadata),
      schema: schema && { ...schema, properties: toKeyValues(schema.properties) },
    };
  }

  private onAttached(success: NonNullable<Command['producerSuccess']>): void {
    this.givenName = success.producerName;
    this.topicEpoch = success.topicEpoch ?? this.topicEpoch;
    // Without a schema the broker answers with an empty version, which must not be written into messages.
    this.schemaVersion = success.schemaVersion?.length ? Buffer.from(success.schemaVersion) : null;
    if (this.epoch++ === 0) this.outbox.continueAfter(success.lastSequenceId ?? -1);
  }

  /** Sends again all that is not confirmed, before anything new can be sent on this connection. */
  private onConnection(isConnected: boolean): void {
    if (isConnected) this.outbox.resend();
    this.outbox.progressed.fire();
    this.options.onConnection?.(isConnected);
  }

  private entryFrom() {
    const compression = this.options.compression ?? 'none';
    return { producerName: this.name, publishTimeMs: Date.now(), compression, schemaVersion: this.schemaVersion };
  }

  private transmit(entry: PendingEntry): void {
    const messageCount = entry.waiters.length;
    const send = {
      producerId: this.host.id,
      sequenceId: entry.firstId,
      messageCount,
      highestSequenceId: messageCount > 1 ? entry.firstId + messageCount - 1 : undefined,
    };
    this.attachment.connection?.sendEntry({ send }, entry.encoded);
  }

  /** Leaves the broker and comes back, which sends again all that is not confirmed. */
  private attachAgain(): void {
    const connection = this.attachment.connection;
    if (!connection) return;
    this.leave(connection);
    this.attachment.lost();
  }

  private leave(connection: Connection): void {
    connection.producers.delete(this.host.id);
    connection.send({ closeProducer: { producerId: this.host.id, requestId: connection.takeRequestId() } });
  }

  private onFault(error: PulsarError): void {
    if (this.endedBy) return;
    this.end(error);
    this.options.onFault?.(error);
  }

  private end(error: PulsarError): void {
    this.endedBy = error;
    this.attachment.connection?.producers.delete(this.host.id);
    this.attachment.end(error);
    this.outbox.rejectAll(error);
    this.host.onClosed();
  }
}

function sizeOf(message: OutgoingMessage): number {
  let bytes = message.payload.length + (message.key === undefined ? 0 : Math.ceil(message.key.length / 3) * 4) + 64;
  for (const [key, value] of Object.entries(message.properties ?? {})) bytes += key.length + value.length + 8;
  return bytes;
}
