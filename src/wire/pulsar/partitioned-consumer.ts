import type { PolledConsumer } from './consumer.ts';
import type { MessageId } from './message-id.ts';
import { openAll } from './open-all.ts';
import { PartitionWatch } from './partition-watch.ts';
import { PulsarError } from './pulsar-error.ts';
import { Pulse } from './pulse.ts';
import { fullTopicName, partitionName } from './topic-name.ts';
import type {
  ConsumerOptions,
  PartitionedConsumer,
  PartitionedConsumerOptions,
  ReceivedMessage,
  SeekPosition,
} from './types.ts';

const defaultQueuedBytes = 64 * 1024 * 1024;

export interface ConsumerPartHost {
  readonly open: (options: ConsumerOptions, onArrival: () => void) => Promise<PolledConsumer>;
  readonly count: (signal?: AbortSignal) => Promise<number>;
  readonly onClosed: () => void;
}

export async function openPartitionedConsumer(
  host: ConsumerPartHost,
  options: PartitionedConsumerOptions,
): Promise<PartitionedConsumer> {
  if (options.receiveQueue === 0)
    throw new PulsarError('NotAllowedError', 'partitions need a queue to be read side by side');
  const consumer = new MergingConsumer(host, options);
  await consumer.start();
  return consumer;
}

class MergingConsumer implements PartitionedConsumer {
  readonly topic: string;
  readonly subscription: string;
  private readonly host: ConsumerPartHost;
  private readonly options: PartitionedConsumerOptions;
  private readonly arrived = new Pulse();
  private parts: readonly PolledConsumer[] = [];
  private watch: PartitionWatch | null = null;
  private nextPart = 0;
  private endedBy: PulsarError | null = null;

  constructor(host: ConsumerPartHost, options: PartitionedConsumerOptions) {
    this.host = host;
    this.options = options;
    this.topic = fullTopicName(options.topic);
    this.subscription = options.subscription;
  }

  get partitionCount(): number {
    return this.parts.length;
  }

  get isConnected(): boolean {
    return this.parts.every((part) => part.isConnected);
  }

  async start(): Promise<void> {
    const { signal, refreshMs } = this.options;
    const count = await this.host.count(signal);
    await this.openParts(0, count, this.options, signal);
    // What came onto a partition before it was noticed is for us too.
    const later = { ...this.options, initialPosition: 'earliest' } as const;
    this.watch = new PartitionWatch(count, {
      count: this.host.count,
      open: (from, to, stop) => this.openParts(from, to, later, stop),
      onFault: (error) => this.onFault(error),
      refreshMs,
    });
  }

  async receive(signal?: AbortSignal): Promise<ReceivedMessage | null> {
    for (;;) {
      const message = this.poll();
      if (message !== null) return message;
      if (this.parts.every((part) => part.hasEnded)) return null;
      await this.arrived.wait(signal);
    }
  }

  /** In turns, so that a full partition does not hold up the others. */
  poll(): ReceivedMessage | null {
    for (let tries = 0; tries < this.parts.length; tries++) {
      const part = this.parts[this.nextPart]!;
      this.nextPart = (this.nextPart + 1) % this.parts.length;
      const message = part.poll();
      if (message !== null) return message;
    }
    if (this.endedBy) throw this.endedBy;
    return null;
  }

  lastMessageIds(signal?: AbortSignal): Promise<readonly (MessageId | null)[]> {
    return Promise.all(this.parts.map((part) => part.lastMessageId(signal)));
  }

  ack(id: MessageId, signal?: AbortSignal): Promise<void> {
    return this.partOf(id).ack(id, signal);
  }

  ackCumulative(id: MessageId, signal?: AbortSignal): Promise<void> {
    return this.partOf(id).ackCumulative(id, signal);
  }

  redeliver(ids: readonly MessageId[]): void {
    this.parts.forEach((part, partition) => {
      part.redeliver(ids.filter((id) => id.partition === partition));
    });
  }

  nack(id: MessageId, delayMs?: number): void {
    this.partOf(id).nack(id, delayMs);
  }

  async seek(to: SeekPosition, signal?: AbortSignal): Promise<void> {
    const parts = typeof to === 'object' && 'ledgerId' in to ? [this.partOf(to)] : this.parts;
    await Promise.all(parts.map((part) => part.seek(to, signal)));
  }

  async unsubscribe(signal?: AbortSignal): Promise<void> {
    await this.watch?.stop();
    await Promise.all(this.parts.map((part) => part.unsubscribe(signal)));
    await this.close(signal);
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.endedBy ??= new PulsarError('Closed', `closed: ${this.topic}`);
    await this.watch?.stop();
    await Promise.all(this.parts.map((part) => part.close(signal)));
    this.arrived.fire();
    this.host.onClosed();
  }

  private async openParts(from: number, to: number, options: PartitionedConsumerOptions, signal?: AbortSignal) {
    const opening = Array.from({ length: to - from }, (_, i) => this.openPart(from + i, to, options, signal));
    const parts = await openAll(opening);
    this.parts = [...this.parts, ...parts];
    this.arrived.fire();
  }

  private openPart(partition: number, count: number, options: PartitionedConsumerOptions, signal?: AbortSignal) {
    const {
      refreshMs: _,
      onActiveChange,
      onRewind,
      onConnection,
      maxQueuedBytes = defaultQueuedBytes,
      ...rest
    } = options;
    return this.host.open(
      {
        ...rest,
        topic: partitionName(this.topic, partition),
        maxQueuedBytes: maxQueuedBytes / count,
        onActiveChange: (isActive) => onActiveChange?.(partition, isActive),
        onRewind: () => onRewind?.(partition),
        onConnection: (isConnected) => onConnection?.(partition, isConnected),
        signal,
      },
      () => this.arrived.fire(),
    );
  }

  private partOf(id: MessageId): PolledConsumer {
    const part = this.parts[id.partition];
    if (!part)
      throw new PulsarError('NotAllowedError', `the id is of partition ${id.partition}, of ${this.parts.length}`);
    return part;
  }

  private onFault(error: PulsarError): void {
    this.endedBy ??= error;
    this.arrived.fire();
    this.options.onFault?.(error);
  }
}
