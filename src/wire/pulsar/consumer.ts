import { AckSender } from './ack-sender.ts';
import { BatchAcks, lastEntryUpTo } from './batch-acks.ts';
import { type ConsumerHost, Intake } from './intake.ts';
import type { MessageId } from './message-id.ts';
import { toKeyValues } from './message-metadata.ts';
import { PulsarError } from './pulsar-error.ts';
import { positionAt, type ReadPosition } from './read-position.ts';
import { seekTarget } from './seek-target.ts';
import { fullTopicName } from './service-url.ts';
import type { Consumer, ConsumerOptions, ReceivedMessage, SeekPosition } from './types.ts';

const subscriptionTypes = { Exclusive: 0, Shared: 1, Failover: 2 } as const;
const initialPositions = { latest: 0, earliest: 1 } as const;

export async function openConsumer(host: ConsumerHost, options: ConsumerOptions): Promise<Consumer> {
  const consumer = new BrokerConsumer(host, options);
  await consumer.start();
  return consumer;
}

class BrokerConsumer implements Consumer {
  readonly topic: string;
  readonly subscription: string;
  private readonly options: ConsumerOptions;
  private readonly intake: Intake;
  private readonly acks: AckSender;
  private readonly batches = new BatchAcks();
  private readonly nackTimers = new Set<NodeJS.Timeout>();
  private isActiveNow: boolean;

  constructor(host: ConsumerHost, options: ConsumerOptions) {
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.subscription = options.subscription;
    this.isActiveNow = options.type !== 'Failover';
    this.acks = new AckSender(host.id, () => this.intake.connection);
    this.intake = new Intake(host, {
      topic: this.topic,
      receiveQueue: options.receiveQueue,
      subscribe: () => this.subscribeFields(),
      onEntry: (messages) => this.batches.received(messages.map((message) => message.id)),
      onRewind: () => this.onRewind(),
      onActiveChange: (isActive) => this.setActive(isActive),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.onFault(error),
    });
  }

  get isConnected(): boolean {
    return this.intake.connection !== null;
  }

  get isActive(): boolean {
    return this.isActiveNow;
  }

  start(): Promise<void> {
    return this.intake.start(this.options.signal);
  }

  receive(signal?: AbortSignal): Promise<ReceivedMessage | null> {
    return this.intake.receive(signal);
  }

  poll(): ReceivedMessage | null {
    return this.intake.poll();
  }

  async lastMessageId(signal?: AbortSignal): Promise<MessageId | null> {
    return (await this.intake.lastIds(signal)).last;
  }

  async ack(id: MessageId): Promise<void> {
    const entry = this.batches.done(id);
    if (entry) await this.acks.ackEntry(entry);
  }

  async ackCumulative(id: MessageId): Promise<void> {
    // The broker would take it and do nothing.
    if (this.options.type === 'Shared') throw new PulsarError('NotAllowedError', 'cumulative on a Shared subscription');
    const entry = lastEntryUpTo(id);
    if (!entry) return;
    this.batches.forgetUpTo(entry);
    await this.acks.ackUpTo(entry);
  }

  redeliver(ids: readonly MessageId[]): void {
    if (this.options.type === 'Shared') {
      this.batches.forget(ids);
      this.intake.redeliver(ids);
    } else if (ids.length > 0) this.intake.redeliver();
  }

  nack(id: MessageId, delayMs: number): void {
    const timer = setTimeout(() => {
      this.nackTimers.delete(timer);
      this.redeliver([id]);
    }, delayMs);
    this.nackTimers.add(timer);
  }

  async seek(to: SeekPosition, signal?: AbortSignal): Promise<void> {
    await this.acks.flush();
    this.acks.drop(new PulsarError('Closed', 'a seek made this acknowledgement pointless'));
    this.stopNacks();
    await this.intake.seek(seekTarget(to), filterOf(to), signal);
  }

  async close(): Promise<void> {
    this.stopNacks();
    await this.acks.flush();
    await this.intake.close();
    this.acks.drop(new PulsarError('Closed', `the consumer on ${this.topic} is closed`));
  }

  private subscribeFields() {
    const { type, consumerName, initialPosition, metadata } = this.options;
    return {
      subscription: this.subscription,
      subType: subscriptionTypes[type],
      consumerName,
      isDurable: true,
      initialPosition: initialPositions[initialPosition ?? 'latest'],
      metadata: toKeyValues(metadata),
      // A mistyped or deleted topic must be an error, not a new empty topic.
      forceTopicCreation: false,
    };
  }

  private onRewind(): void {
    this.batches.clear();
    this.options.onRewind?.();
  }

  private onConnection(isConnected: boolean): void {
    if (isConnected) void this.acks.flush();
    else if (this.options.type === 'Failover') this.setActive(false);
    this.options.onConnection?.(isConnected);
  }

  private setActive(isActive: boolean): void {
    if (isActive === this.isActiveNow) return;
    this.isActiveNow = isActive;
    this.options.onActiveChange?.(isActive);
  }

  private onFault(error: PulsarError): void {
    this.stopNacks();
    if (error.code !== 'Undecodable') this.acks.drop(error);
    this.options.onFault?.(error);
  }

  private stopNacks(): void {
    for (const timer of this.nackTimers) clearTimeout(timer);
    this.nackTimers.clear();
  }
}

function filterOf(to: SeekPosition): ReadPosition | null {
  return typeof to === 'object' && 'ledgerId' in to ? positionAt(to) : null;
}
