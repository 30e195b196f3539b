import { abortable } from './abortable.ts';
import { AnswerWatch } from './answer-watch.ts';
import { Attachment } from './attachment.ts';
import type { Command } from './commands.ts';
import type { Connection, ProducerEnd } from './connection.ts';
import type { MessageId } from './message-id.ts';
import { sizeOf } from './message-size.ts';
import { Outbox, type PendingEntry } from './outbox.ts';
import { registrationOf, throwOnUnfitTopic } from './producer-registration.ts';
import { PulsarError, serverError } from './pulsar-error.ts';
import { SequenceRule } from './sequence-rule.ts';
import { TooBigError } from './too-big-error.ts';
import { fullTopicName, partitionOf } from './topic-name.ts';
import type { BatchingOptions, OutgoingMessage, Producer, ProducerOptions } from './types.ts';

const defaultBatching: BatchingOptions = { maxMessages: 1000, maxBytes: 128 * 1024, maxDelayMs: 1 };
const defaultMaxPending = 2000;
const defaultMaxPendingBytes = 64 * 1024 * 1024;
const defaultAnswerMs = 60_000;
/** Stored already: the broker's own answer to a duplicate. */
const duplicateId = { ledgerId: -1, entryId: -1, batchIndex: -1 } as const;
/** What metadata and framing may add to a message of the greatest size. */
const envelopeBytes = 10 * 1024;

export interface ProducerHost {
  readonly nextId: () => number;
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
  private readonly id: number;
  private readonly options: ProducerOptions;
  private readonly attachment: Attachment;
  private readonly outbox: Outbox;
  private readonly sequence: SequenceRule;
  private readonly answers = new AnswerWatch();
  private readonly answerCheck: NodeJS.Timeout;
  private readonly partition: number;
  private givenName: string | undefined;
  private schemaVersion: Buffer | null = null;
  /** As the last broker said: to measure by the usual size while none is there would refuse what it takes. */
  private maxMessageBytes = 0;
  private topicEpoch: number | undefined;
  private epoch = 0;
  private endedBy: PulsarError | null = null;

  constructor(host: ProducerHost, options: ProducerOptions) {
    this.host = host;
    this.id = host.nextId();
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.partition = partitionOf(this.topic);
    this.sequence = new SequenceRule(options.name !== undefined);
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
    this.answerCheck = setInterval(() => this.checkAnswer(), options.answerMs ?? defaultAnswerMs).unref();
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

  get pendingBytes(): number {
    return this.outbox.bytes;
  }

  get lastSequenceId(): number {
    return this.outbox.lastSettledId;
  }

  async start(): Promise<void> {
    try {
      const { signal, accessMode } = this.options;
      // Who waits for his turn waits through restarts of the broker too.
      await this.attachment.start(signal, { isPatient: accessMode === 'WaitForExclusive' });
    } catch (error) {
      this.end(new PulsarError('Closed', 'the producer was never opened'));
      throw error;
    }
  }

  async send(message: OutgoingMessage, signal?: AbortSignal): Promise<MessageId> {
    if (this.endedBy) throw this.endedBy;
    signal?.throwIfAborted();
    const maxBytes = this.maxMessageBytes - envelopeBytes;
    const bytes = sizeOf(message);
    if (bytes > maxBytes) throw new TooBigError(message, `${bytes} bytes; the broker takes ${maxBytes}`);
    const sequenceId = this.sequence.next(message.sequenceId);
    if (sequenceId === null) return { ...duplicateId, partition: this.partition };
    return abortable(this.outbox.add(message, sequenceId, bytes, maxBytes), signal);
  }

  async readyToSend(signal?: AbortSignal): Promise<void> {
    const { maxPending = defaultMaxPending, maxPendingBytes = defaultMaxPendingBytes } = this.options;
    const isFull = () => this.outbox.count >= maxPending || this.outbox.bytes >= maxPendingBytes;
    while (isFull() && !this.endedBy) await this.outbox.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
    await this.attachment.connection?.untilDrained(signal);
  }

  async flush(signal?: AbortSignal): Promise<void> {
    this.outbox.flushBatch();
    const { lastId } = this.outbox;
    while (!this.endedBy && !this.outbox.hasSettled(lastId)) await this.outbox.progressed.wait(signal);
    if (this.endedBy) throw this.endedBy;
  }

  async close(signal?: AbortSignal): Promise<void> {
    if (this.endedBy) return;
    this.outbox.flushBatch();
    await this.untilConfirmed(signal);
    const connection = this.attachment.connection;
    this.end(new PulsarError('Closed', `the producer on ${this.topic} is closed`));
    if (!connection) return;
    const producerId = this.id;
    await connection.request((requestId) => ({ closeProducer: { producerId, requestId } }), signal).catch(() => {});
  }

  onReceipt(receipt: NonNullable<Command['sendReceipt']>): void {
    if (!this.outbox.confirm(receipt, this.partition)) this.attachAgain();
  }

  onSendError({ sequenceId, error, message }: NonNullable<Command['sendError']>): void {
    const cause = serverError(error, message);
    if (cause.code === 'TopicTerminatedError' || cause.code === 'ProducerFenced') this.onFault(cause);
    else if (cause.code !== 'NotAllowedError' || !this.outbox.refuse(sequenceId, cause)) this.attachAgain();
  }

  onDetached(): void {
    this.attachment.lost();
  }

  /** While there is somebody to confirm it, and somebody who waits for that. */
  private async untilConfirmed(signal?: AbortSignal): Promise<void> {
    const isWorthWaiting = () => this.outbox.count > 0 && this.isConnected && !this.endedBy && !signal?.aborted;
    while (isWorthWaiting()) await this.outbox.progressed.wait(signal).catch(() => {});
  }

  private async attach(connection: Connection, signal: AbortSignal): Promise<void> {
    const producerId = this.id;
    await throwOnUnfitTopic(connection, this.topic, signal);
    // Before the request: the broker may let go of us right after it has answered.
    connection.producers.set(producerId, this);
    try {
      const { givenName, epoch, topicEpoch } = this;
      const registration = { ...registrationOf(this.options, { givenName, epoch, topicEpoch }), producerId };
      const answer = await connection.request((requestId) => ({ producer: { ...registration, requestId } }), signal);
      this.onAttached(answer.producerSuccess!);
      this.maxMessageBytes = connection.maxMessageBytes;
    } catch (error) {
      // It may have been registered all the same (a late answer).
      this.leave(connection);
      throw error;
    }
  }

  private onAttached(success: NonNullable<Command['producerSuccess']>): void {
    this.givenName = success.producerName;
    this.topicEpoch = success.topicEpoch ?? this.topicEpoch;
    // Without a schema the broker answers with an empty version, which must not be written into messages.
    this.schemaVersion = success.schemaVersion?.length ? Buffer.from(success.schemaVersion) : null;
    if (this.epoch++ > 0) return;
    this.sequence.resumeAfter(success.lastSequenceId ?? -1);
    this.outbox.continueAfter(success.lastSequenceId ?? -1);
  }

  /** Sends again all that is not confirmed, before anything new can be sent on this connection. */
  private onConnection(isConnected: boolean): void {
    if (isConnected) {
      this.answers.reconnected();
      this.outbox.resend();
    }
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
      producerId: this.id,
      sequenceId: entry.firstId,
      messageCount,
      highestSequenceId: entry.lastId > entry.firstId ? entry.lastId : undefined,
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

  /** Pings tell that a broker is alive, not that it stores what it is sent. */
  private checkAnswer(): void {
    if (this.isConnected && this.answers.hasWaited(this.outbox.nextId)) this.attachAgain();
  }

  private leave(connection: Connection): void {
    connection.producers.delete(this.id);
    connection.send({ closeProducer: { producerId: this.id, requestId: connection.takeRequestId() } });
  }

  private onFault(error: PulsarError): void {
    if (this.endedBy) return;
    this.end(error);
    this.options.onFault?.(error);
  }

  private end(error: PulsarError): void {
    this.endedBy = error;
    clearInterval(this.answerCheck);
    this.attachment.connection?.producers.delete(this.id);
    this.attachment.end(error);
    this.outbox.rejectAll(error);
    this.host.onClosed();
  }
}
