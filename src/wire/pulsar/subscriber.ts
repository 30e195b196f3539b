import { Attachment } from './attachment.ts';
import type { OutgoingCommand } from './commands.ts';
import type { Connection, ConsumerEnd } from './connection.ts';
import type { MessageId } from './message-id.ts';
import { PulsarError } from './pulsar-error.ts';
import { repeatedly } from './repeatedly.ts';

export interface ConsumerHost {
  /** Never the same twice on this client. */
  readonly nextId: () => number;
  readonly lookup: (topic: string, signal: AbortSignal) => Promise<Connection>;
  readonly onClosed: () => void;
}

type Subscribe = NonNullable<OutgoingCommand['subscribe']>;
export type SubscribeFields = Omit<Subscribe, 'topic' | 'consumerId' | 'requestId'>;
type Seek = Omit<NonNullable<OutgoingCommand['seek']>, 'consumerId' | 'requestId'>;

export interface SubscriberOptions {
  /** Full name. */
  readonly topic: string;
  /** Asked at every (re)connect: a reader begins where it stands. */
  readonly subscribe: () => SubscribeFields;
  readonly end: Omit<ConsumerEnd, 'onDetached'>;
  /** Before each subscribing: nothing that was sent to us before counts any more. */
  readonly onFresh: (isFirst: boolean) => void;
  readonly onConnection: (isConnected: boolean) => void;
  readonly onFault: (error: PulsarError) => void;
}

/** Keeps one consumer subscribed, and asks the broker on its behalf. */
export class Subscriber implements ConsumerEnd {
  private readonly host: ConsumerHost;
  private readonly options: SubscriberOptions;
  private readonly attachment: Attachment;
  /** A new one at every subscribing: what the broker still sends to the one before finds nobody. */
  private consumerId = -1;
  private isFirst = true;
  private isRenewing = false;

  constructor(host: ConsumerHost, options: SubscriberOptions) {
    this.host = host;
    this.options = options;
    this.attachment = new Attachment({
      lookup: (signal) => host.lookup(options.topic, signal),
      attach: (connection, signal) => this.attach(connection, signal),
      onConnection: options.onConnection,
      onFault: options.onFault,
    });
  }

  get connection(): Connection | null {
    return this.attachment.connection;
  }

  get id(): number {
    return this.consumerId;
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

  grant(permits: number): void {
    this.connection?.send({ flow: { consumerId: this.consumerId, permits } });
  }

  redeliver(messageIds: readonly Pick<MessageId, 'ledgerId' | 'entryId'>[]): void {
    const ids = messageIds.map(({ ledgerId, entryId }) => ({ ledgerId, entryId }));
    this.connection?.send({ redeliver: { consumerId: this.consumerId, messageIds: ids } });
  }

  /**
   * Leaves and subscribes again: all that is not acknowledged comes again, in order. The protocol's "redeliver all" is
   * not used: a read of the broker that is under way then moves the cursor on, and what lies between is passed over.
   * What still comes finds nobody from this call on; `beforeLeaving` may still speak to the broker.
   */
  async renew(beforeLeaving: () => Promise<void>): Promise<void> {
    const { connection } = this;
    // Without a connection this will happen anyway.
    if (!connection || this.isRenewing) return;
    this.isRenewing = true;
    connection.consumers.delete(this.consumerId);
    try {
      await beforeLeaving();
      // Lost or sought meanwhile: either subscribes again by itself.
      if (this.connection !== connection) return;
      this.attachment.pause();
      await this.leave(connection).catch(() => {});
      await this.attachment.resume();
    } catch {
      // The attachment goes on trying, or has ended and said why.
    } finally {
      this.isRenewing = false;
    }
  }

  lastIds(signal?: AbortSignal) {
    return repeatedly(
      async () => {
        const connection = await this.attachment.attached(signal);
        const { consumerId } = this;
        const answer = await connection.request(
          (requestId) => ({ getLastMessageId: { consumerId, requestId } }),
          signal,
        );
        return answer.getLastMessageIdResponse!;
      },
      { signal },
    );
  }

  /** `onSought` runs when the broker has moved the subscription, before anything of the new place can arrive. */
  seek(to: Seek, onSought: () => void, signal?: AbortSignal): Promise<void> {
    return repeatedly(() => this.seekOnce(to, onSought, signal), { signal });
  }

  async unsubscribe(signal?: AbortSignal): Promise<void> {
    const connection = await this.attachment.attached(signal);
    const { consumerId } = this;
    await connection.request((requestId) => ({ unsubscribe: { consumerId, requestId } }), signal);
  }

  /** Nothing is taken up again after this. */
  end(error: PulsarError): void {
    this.connection?.consumers.delete(this.consumerId);
    this.attachment.end(error);
  }

  async close(error: PulsarError, signal?: AbortSignal): Promise<void> {
    const { connection } = this;
    this.attachment.end(error);
    this.host.onClosed();
    if (connection) await this.leave(connection, signal).catch(() => {});
  }

  onMessage: ConsumerEnd['onMessage'] = (command, entry) => this.options.end.onMessage(command, entry);
  onActiveChange: ConsumerEnd['onActiveChange'] = (isActive) => this.options.end.onActiveChange(isActive);
  onEndOfTopic: ConsumerEnd['onEndOfTopic'] = () => this.options.end.onEndOfTopic();

  onDetached(): void {
    this.attachment.lost();
  }

  private async attach(connection: Connection, signal: AbortSignal): Promise<void> {
    const consumerId = this.host.nextId();
    this.consumerId = consumerId;
    this.options.onFresh(this.isFirst);
    connection.consumers.set(consumerId, this);
    const subscribe = { ...this.options.subscribe(), topic: this.options.topic, consumerId };
    try {
      await connection.request((requestId) => ({ subscribe: { ...subscribe, requestId } }), signal);
      this.isFirst = false;
    } catch (error) {
      // It may have been subscribed all the same (a late answer).
      connection.consumers.delete(consumerId);
      connection.send({ closeConsumer: { consumerId, requestId: connection.takeRequestId() } });
      throw error;
    }
  }

  private async leave(connection: Connection, signal?: AbortSignal): Promise<void> {
    const { consumerId } = this;
    connection.consumers.delete(consumerId);
    await connection.request((requestId) => ({ closeConsumer: { consumerId, requestId } }), signal);
  }

  private async seekOnce(to: Seek, onSought: () => void, signal?: AbortSignal): Promise<void> {
    const connection = await this.attachment.attached(signal);
    const { consumerId } = this;
    // The broker throws the consumer out around a seek: that must not look like a lost connection, and what it sent
    // before must not be received after.
    this.attachment.pause();
    connection.consumers.delete(consumerId);
    try {
      await connection.request((requestId) => ({ seek: { ...to, consumerId, requestId } }), signal);
      onSought();
    } catch (error) {
      connection.send({ closeConsumer: { consumerId, requestId: connection.takeRequestId() } });
      const resuming = this.attachment.resume();
      // Who has ended the waiting does not wait for this either; it goes on trying by itself.
      if (signal?.aborted) resuming.catch(() => {});
      else await resuming;
      throw error;
    }
    await this.attachment.resume(signal);
  }
}
