import type { MessageId } from './message-id.ts';
import { partitionOfKey } from './murmur3.ts';
import { openAll } from './open-all.ts';
import { PartitionWatch } from './partition-watch.ts';
import type { PulsarError } from './pulsar-error.ts';
import { fullTopicName, partitionName } from './topic-name.ts';
import type {
  OutgoingMessage,
  PartitionedProducer,
  PartitionedProducerOptions,
  Producer,
  ProducerOptions,
} from './types.ts';

/** What opens the parts and counts them. */
export interface PartitionHost<Options, Part> {
  readonly open: (options: Options) => Promise<Part>;
  readonly count: (signal?: AbortSignal) => Promise<number>;
  readonly onClosed: () => void;
}

const defaultSwitchMs = 1;

export async function openPartitionedProducer(
  host: PartitionHost<ProducerOptions, Producer>,
  options: PartitionedProducerOptions,
): Promise<PartitionedProducer> {
  const producer = new SpreadingProducer(host, options);
  await producer.start();
  return producer;
}

class SpreadingProducer implements PartitionedProducer {
  readonly topic: string;
  private readonly host: PartitionHost<ProducerOptions, Producer>;
  private readonly options: PartitionedProducerOptions;
  private parts: readonly Producer[] = [];
  private watch: PartitionWatch | null = null;
  private turn = Math.floor(Math.random() * 1024);
  private turnEndsAtMs = 0;

  constructor(host: PartitionHost<ProducerOptions, Producer>, options: PartitionedProducerOptions) {
    this.host = host;
    this.options = options;
    this.topic = fullTopicName(options.topic);
  }

  get partitionCount(): number {
    return this.parts.length;
  }

  get isConnected(): boolean {
    return this.parts.every((part) => part.isConnected);
  }

  get pendingCount(): number {
    return this.parts.reduce((sum, part) => sum + part.pendingCount, 0);
  }

  get pendingBytes(): number {
    return this.parts.reduce((sum, part) => sum + part.pendingBytes, 0);
  }

  get lastSequenceIds(): readonly number[] {
    return this.parts.map((part) => part.lastSequenceId);
  }

  async start(): Promise<void> {
    const { signal, refreshMs } = this.options;
    const count = await this.host.count(signal);
    await this.openParts(0, count, signal);
    this.watch = new PartitionWatch(count, {
      count: this.host.count,
      open: (from, to, stop) => this.openParts(from, to, stop),
      onFault: (error) => this.options.onFault?.(error),
      refreshMs,
    });
  }

  async send(message: OutgoingMessage, signal?: AbortSignal): Promise<MessageId> {
    return this.parts[this.routeOf(message)]!.send(message, signal);
  }

  /** By the fullest: which partition the next message goes to is not known yet. */
  async readyToSend(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.parts.map((part) => part.readyToSend(signal)));
  }

  async flush(signal?: AbortSignal): Promise<void> {
    await Promise.all(this.parts.map((part) => part.flush(signal)));
  }

  async close(signal?: AbortSignal): Promise<void> {
    await this.watch?.stop();
    await Promise.all(this.parts.map((part) => part.close(signal)));
    this.host.onClosed();
  }

  private async openParts(from: number, to: number, signal?: AbortSignal): Promise<void> {
    const opening = Array.from({ length: to - from }, (_, i) => this.openPart(from + i, signal));
    const parts = await openAll(opening);
    this.parts = [...this.parts, ...parts];
  }

  private openPart(partition: number, signal?: AbortSignal): Promise<Producer> {
    const { route: _, refreshMs: __, onConnection, onFault, ...options } = this.options;
    return this.host.open({
      ...options,
      topic: partitionName(this.topic, partition),
      onConnection: (isConnected) => onConnection?.(partition, isConnected),
      onFault: (error: PulsarError) => onFault?.(error),
      signal,
    });
  }

  private routeOf(message: OutgoingMessage): number {
    const count = this.parts.length;
    if (this.options.route) return this.options.route(message, count);
    const key = message.orderingKey ?? message.key;
    return key === undefined ? this.nextTurn() : partitionOfKey(key, count);
  }

  /** A batch for one, then a batch for the next: a message for each would make batches of one. */
  private nextTurn(): number {
    const { batching } = this.options;
    const now = performance.now();
    if (batching === false || now >= this.turnEndsAtMs) {
      this.turn++;
      this.turnEndsAtMs = now + Math.max(defaultSwitchMs, batching ? batching.maxDelayMs : 0);
    }
    return this.turn % this.parts.length;
  }
}
