import { Attachment } from './attachment.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { Command } from './commands.ts';
import type { Connection, ProducerEnd } from './connection.ts';
import { type EncodedEntry, encodeBatchEntry, encodeSingleEntry } from './encode-entry.ts';
import { Fifo } from './fifo.ts';
import type { MessageId } from './message-id.ts';
import { toKeyValues } from './message-metadata.ts';
import { PulsarError, serverError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import { fullTopicName } from './service-url.ts';
import type { BatchingOptions, OutgoingMessage, Producer, ProducerOptions } from './types.ts';

const defaultBatching: BatchingOptions = { maxMessages: 1000, maxBytes: 128 * 1024, maxDelayMs: 1 };
const defaultMaxPending = 2000;
const accessModes = { Shared: 0, Exclusive: 1, ExclusiveWithFencing: 3 } as const;
/** What metadata and framing may add to a message of the greatest size. */
const envelopeBytes = 10 * 1024;

interface Waiter {
  readonly resolve: (id: MessageId) => void;
  readonly reject: (error: PulsarError) => void;
}

/** An entry on its way. Kept as sent, so that a resend after a reconnect is the same batch with the same ids. */
interface PendingEntry {
  readonly firstId: number;
  readonly isBatch: boolean;
  readonly encoded: EncodedEntry;
  readonly waiters: readonly Waiter[];
}

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
  private readonly batching: BatchingOptions | false;
  private readonly builder: BatchBuilder<Waiter>;
  private readonly pending = new Fifo<PendingEntry>();
  private readonly progressed = new Pulse();
  private givenName: string | undefined;
  private schemaVersion: Buffer | null = null;
  private topicEpoch: number | undefined;
  private epoch = 0;
  private nextId = 0;
  private confirmedId = -1;
  private unconfirmed = 0;
  private flushTimer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  private endedBy: PulsarError | null = null;

  constructor(host: ProducerHost, options: ProducerOptions) {
    this.host = host;
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.batching = options.batching ?? defaultBatching;
    this.builder = new BatchBuilder(this.batching || defaultBatching);
    this.attachment = new Attachment({
      lookup: (signal) => host.lookup(this.topic, signal),
      attach: (connection, signal) => this.attach(connection, signal),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.end(error),
    });
  }

  get name(): string {
    return this.givenName ?? '';
  }

  get isConnected(): boolean {
    return this.attachment.connection !== null;
  }

  get pendingCount(): number {
    return this.unconfirmed;
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

  send(message: OutgoingMessage): Promise<MessageId> {
    if (this.endedBy) return Promise.reject(this.endedBy);
    const maxBytes = this.maxPayloadBytes();
    const bytes = sizeOf(message);
    if (bytes > maxBytes) {
      return Promise.reject(new PulsarError('MessageTooBig', `${bytes} bytes; the broker takes ${maxBytes}`));
    }
    this.unconfirmed++;
    return new Promise((resolve, reject) => {
      if (this.batching === false) this.sendSingle(message, { resolve, reject });
      else this.addToBatch(message, bytes, { resolve, reject }, this.batching);
    });
  }

  async readyToSend(signal?: AbortSignal): Promise<void> {
    const maxPending = this.options.maxPending ?? defaultMaxPending;
    while (this.unconfirmed >= maxPending && !this.endedBy) await this.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
    await this.attachment.connection?.untilDrained(signal);
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.flushBatch();
    const lastId = this.nextId - 1;
    while (this.confirmedId < lastId && !this.endedBy) await this.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
  }

  async close(): Promise<void> {
    if (this.endedBy) return;
    this.flushBatch();
    while (this.pending.length > 0 && this.isConnected && !this.endedBy) await this.progressed.wait();
    const connection = this.attachment.connection;
    this.end(new PulsarError('Closed', `the producer on ${this.topic} is closed`), { isFault: false });
    if (!connection) return;
    connection.producers.delete(this.host.id);
    await connection
      .request((requestId) => ({ closeProducer: { producerId: this.host.id, requestId } }))
      .catch(() => {});
  }

  onReceipt(receipt: NonNullable<Command['sendReceipt']>): void {
    const head = this.pending.peek();
    // An older one is the late receipt of something that was sent twice.
    if (!head || receipt.sequenceId < head.firstId) return;
    // A newer one means a receipt is missing: only a resend can tell whether the entry is stored.
    if (receipt.sequenceId > head.firstId) {
      this.attachAgain();
      return;
    }
    this.pending.shift();
    // With deduplication a resend that was stored already is answered with ids of -1.
    const { ledgerId = -1, entryId = -1, partition = -1 } = receipt.messageId ?? {};
    const batchSize = head.isBatch ? head.waiters.length : 0;
    head.waiters.forEach((waiter, index) => {
      waiter.resolve({ ledgerId, entryId, partition, batchIndex: head.isBatch ? index : -1, batchSize });
    });
    this.settled(head);
  }

  onSendError(failed: NonNullable<Command['sendError']>): void {
    const error = serverError(failed.error, failed.message);
    const head = this.pending.peek();
    if (error.code === 'TopicTerminatedError' || error.code === 'ProducerFenced') this.end(error);
    else if (error.code === 'NotAllowedError' && head?.firstId === failed.sequenceId) this.refuse(head, error);
    else this.attachAgain();
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
      const answer = await connection.request(
        (requestId) => ({ producer: { ...this.registration(), producerId, requestId } }),
        signal,
      );
      this.onAttached(answer.producerSuccess!);
    } catch (error) {
      connection.producers.delete(producerId);
      // It may have been registered all the same (a late answer).
      connection.send({ closeProducer: { producerId, requestId: connection.takeRequestId() } });
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
    if (this.epoch++ === 0) {
      // With deduplication, ids at or below the last one would be dropped as duplicates.
      this.nextId = (success.lastSequenceId ?? -1) + 1;
      this.confirmedId = this.nextId - 1;
    }
  }

  private sendSingle(message: OutgoingMessage, waiter: Waiter): void {
    const firstId = this.nextId++;
    const encoded = encodeSingleEntry(message, firstId, this.entryFrom());
    this.enqueue({ firstId, isBatch: false, encoded, waiters: [waiter] });
  }

  private addToBatch(message: OutgoingMessage, bytes: number, waiter: Waiter, limits: BatchingOptions): void {
    if (this.builder.wouldExceed(bytes, this.maxPayloadBytes())) this.flushBatch();
    this.builder.add(message, this.nextId++, waiter);
    if (this.builder.isFull) this.flushBatch();
    else this.flushTimer ??= startTimer(() => this.flushBatch(), limits.maxDelayMs);
  }

  private flushBatch(): void {
    stopTimer(this.flushTimer);
    this.flushTimer = null;
    if (this.builder.count === 0) return;
    const { messages, firstId, waiters } = this.builder.take();
    const encoded = encodeBatchEntry(messages, firstId, waiters.length, this.entryFrom());
    this.enqueue({ firstId, isBatch: true, encoded, waiters });
  }

  private entryFrom() {
    const compression = this.options.compression ?? 'none';
    return { producerName: this.name, publishTimeMs: Date.now(), compression, schemaVersion: this.schemaVersion };
  }

  private maxPayloadBytes(): number {
    return (this.attachment.connection?.maxMessageBytes ?? 5 * 1024 * 1024) - envelopeBytes;
  }

  private enqueue(entry: PendingEntry): void {
    this.pending.push(entry);
    if (this.attachment.connection) this.transmit(entry, this.attachment.connection);
  }

  private transmit(entry: PendingEntry, connection: Connection): void {
    const count = entry.waiters.length;
    const lastId = entry.firstId + count - 1;
    const send = {
      producerId: this.host.id,
      sequenceId: entry.firstId,
      messageCount: count,
      highestSequenceId: count > 1 ? lastId : undefined,
    };
    connection.sendEntry({ send }, entry.encoded);
  }

  private settled(entry: PendingEntry): void {
    this.unconfirmed -= entry.waiters.length;
    this.confirmedId = entry.firstId + entry.waiters.length - 1;
    this.progressed.fire();
  }

  private refuse(entry: PendingEntry, error: PulsarError): void {
    this.pending.shift();
    for (const waiter of entry.waiters) waiter.reject(error);
    this.settled(entry);
  }

  /** Leaves the broker and comes back, which sends again all that is not confirmed. */
  private attachAgain(): void {
    const connection = this.attachment.connection;
    if (!connection) return;
    connection.producers.delete(this.host.id);
    connection.send({ closeProducer: { producerId: this.host.id, requestId: connection.takeRequestId() } });
    this.attachment.lost();
  }

  /** Sends again all that is not confirmed, before anything new can be sent on this connection. */
  private onConnection(isConnected: boolean): void {
    const connection = this.attachment.connection;
    if (connection) for (const entry of this.pending) this.transmit(entry, connection);
    this.progressed.fire();
    this.options.onConnection?.(isConnected);
  }

  private end(error: PulsarError, { isFault } = { isFault: true }): void {
    if (this.endedBy) return;
    this.endedBy = error;
    stopTimer(this.flushTimer);
    this.attachment.connection?.producers.delete(this.host.id);
    this.attachment.end(error);
    const waiters = [...this.pending.takeAll(), this.builder.take()].flatMap((entry) => entry.waiters);
    this.unconfirmed = 0;
    for (const waiter of waiters) waiter.reject(error);
    this.progressed.fire();
    this.host.onClosed();
    if (isFault) this.options.onFault?.(error);
  }
}

function sizeOf(message: OutgoingMessage): number {
  let bytes = message.payload.length + (message.key === undefined ? 0 : Math.ceil(message.key.length / 3) * 4) + 64;
  for (const [key, value] of Object.entries(message.properties ?? {})) bytes += key.length + value.length + 8;
  return bytes;
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
