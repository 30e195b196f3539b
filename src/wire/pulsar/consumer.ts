import { abortable } from './abortable.ts';
import { Acknowledger } from './acknowledger.ts';
import { Intake } from './intake.ts';
import type { MessageId } from './message-id.ts';
import { Nacks } from './nacks.ts';
import { PulsarError } from './pulsar-error.ts';
import { positionAt, type ReadPosition } from './read-position.ts';
import { seekTarget } from './seek-target.ts';
import { subscribeFields, throwOnContradiction } from './subscribe-fields.ts';
import type { ConsumerHost } from './subscriber.ts';
import { fullTopicName } from './topic-name.ts';
import type { Consumer, ConsumerOptions, ReceivedMessage, SeekPosition } from './types.ts';

/** A consumer as a part of a larger one: it tells when it is worth polling, and when it is at its end. */
export interface PolledConsumer extends Consumer {
  readonly hasEnded: boolean;
}

/** `onArrival` is called when `poll` may have something, or something to throw. */
export async function openConsumer(
  host: ConsumerHost,
  options: ConsumerOptions,
  onArrival?: () => void,
): Promise<PolledConsumer> {
  throwOnContradiction(options);
  const consumer = new BrokerConsumer(host, options, onArrival);
  await consumer.start();
  return consumer;
}

class BrokerConsumer implements PolledConsumer {
  readonly topic: string;
  readonly subscription: string;
  private readonly options: ConsumerOptions;
  private readonly intake: Intake;
  private readonly acks: Acknowledger;
  private readonly nacks: Nacks;
  private isActiveNow: boolean;

  constructor(host: ConsumerHost, options: ConsumerOptions, onArrival?: () => void) {
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.subscription = options.subscription;
    this.isActiveNow = options.type !== 'Failover';
    this.nacks = new Nacks(options.nackBackoff, (ids) => this.redeliver(ids));
    this.intake = new Intake(host, {
      ...options,
      topic: this.topic,
      subscribe: () => subscribeFields(options),
      onEntry: (messages) => this.acks.received(messages.map((message) => message.id)),
      onRewind: () => this.onRewind(),
      onActiveChange: (isActive) => this.setActive(isActive),
      onConnection: (isConnected) => this.onConnection(isConnected),
      onFault: (error) => this.onFault(error),
      onArrival,
    });
    this.acks = new Acknowledger(this.intake, options.batchIndexAcks ?? false);
  }

  get isConnected(): boolean {
    return this.intake.connection !== null;
  }

  get isActive(): boolean {
    return this.isActiveNow;
  }

  get hasEnded(): boolean {
    return this.intake.hasEnded;
  }

  start(): Promise<void> {
    return this.intake.subscriber.start(this.options.signal);
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

  async markDeletePosition(signal?: AbortSignal): Promise<MessageId | null> {
    return (await this.intake.lastIds(signal)).markDelete;
  }

  // Neither is async: that would make a promise of its own, whose rejection somebody would have to wait for.
  ack(id: MessageId, signal?: AbortSignal): Promise<void> {
    this.nacks.done(id);
    return this.acks.ack(id, signal);
  }

  ackCumulative(id: MessageId, signal?: AbortSignal): Promise<void> {
    // The broker would take it and do nothing.
    if (this.isShared)
      return Promise.reject(new PulsarError('NotAllowedError', `cumulative on a ${this.options.type} subscription`));
    this.nacks.doneUpTo(id);
    return this.acks.ackUpTo(id, signal);
  }

  redeliver(ids: readonly MessageId[]): void {
    if (ids.length === 0) return;
    if (this.isShared) this.intake.subscriber.redeliver(this.acks.entriesOf(ids));
    // What is acknowledged must be told before we leave, or it comes again too.
    else void this.intake.renew(() => this.acks.flush());
  }

  nack(id: MessageId, delayMs?: number): void {
    this.nacks.add(id, delayMs);
  }

  async seek(to: SeekPosition, signal?: AbortSignal): Promise<void> {
    await abortable(this.acks.flush(), signal);
    this.acks.drop(new PulsarError('Closed', 'a seek made this acknowledgement pointless'));
    this.nacks.clear();
    await this.intake.seek(seekTarget(to), filterOf(to), signal);
  }

  async unsubscribe(signal?: AbortSignal): Promise<void> {
    await this.intake.subscriber.unsubscribe(signal);
    await this.close(signal);
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.nacks.clear();
    await abortable(this.acks.flush(), signal).catch(() => {});
    await this.intake.close(signal);
    this.acks.drop(new PulsarError('Closed', `the consumer on ${this.topic} is closed`));
  }

  private get isShared(): boolean {
    return this.options.type === 'Shared' || this.options.type === 'Key_Shared';
  }

  private onRewind(): void {
    this.acks.rewind();
    this.nacks.clear();
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
    this.nacks.clear();
    if (error.code !== 'Undecodable') this.acks.drop(error);
    this.options.onFault?.(error);
  }
}

function filterOf(to: SeekPosition): ReadPosition | null {
  return typeof to === 'object' && 'ledgerId' in to ? positionAt(to) : null;
}
