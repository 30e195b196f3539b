/** An opaque place in a topic; later messages of one topic partition compare greater. */
export interface Position {
  readonly text: string;
}

export interface Message {
  readonly position: Position;
  readonly key: Buffer | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly payload: Buffer;
  readonly publishedAtMs: number;
  readonly redeliveryCount: number;
  /** Of the schema that it was written with, for `schema`; absent where there is none. */
  readonly schemaVersion?: Buffer | undefined;
}

/** What the broker keeps of how a topic's messages are written. */
interface TopicSchema {
  readonly properties: Readonly<Record<string, string>>;
  readonly data: Buffer;
}

export interface OutgoingMessage {
  readonly key?: Buffer;
  readonly properties?: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

export interface PublisherOptions {
  /** 'shared': beside others. 'exclusive': refused with TopicTakenError while another holds it. 'take-over': fences the holder. */
  readonly access?: 'shared' | 'exclusive' | 'take-over';
  /** False of one that publishes before each step that rests on it: what it has lost it learns then, and nobody looks before. */
  readonly isWatched?: boolean;
  /** Shown to who is refused. */
  readonly holder?: string;
  /** False sends each message on its own: for work queues, where a message is handed out and acknowledged singly. */
  readonly isBatched?: boolean;
}

export interface Publisher {
  /**
   * Resolves once the broker has stored the message. Order of calls is order in the topic. MessageTooBigError for one that the broker does
   * not take: nothing of it is stored, and those beside it are not concerned.
   */
  publish(message: OutgoingMessage): Promise<Position>;
  /** Resolves when everything published before is stored. */
  flush(): Promise<void>;
  /** Aborts when the broker took the topic from us (fenced, deleted); the reason says which. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

export type SubscriptionKind = 'exclusive' | 'failover' | 'shared';

export interface Subscription {
  /** The next message; waits for one. */
  receive(signal?: AbortSignal): Promise<Message>;
  /** A message that has already arrived, if any. */
  poll(): Message | undefined;
  /** Of a failover subscription: whether this consumer is the one that is given messages. */
  readonly isActive: boolean;
  /** Called with every change of `isActive`. */
  onActiveChange(listener: (isActive: boolean) => void): void;
  acknowledge(position: Position): Promise<void>;
  /** This message and all before it. */
  acknowledgeUpTo(position: Position): Promise<void>;
  /** Gives a message back, to be delivered again to whoever is free. */
  release(position: Position): Promise<void>;
  close(): Promise<void>;
}

interface SubscribeOptions {
  /** Messages fetched ahead. */
  readonly queueSize?: number;
  /** And their bytes, about; one message always has room. */
  readonly queueBytes?: number;
  readonly signal?: AbortSignal;
}

export interface TopicReader {
  /** The next message, or undefined once everything that was there at the time of the call has been read. */
  nextUntilEnd(signal?: AbortSignal): Promise<Message | undefined>;
  /** The next message; waits for one. */
  next(signal?: AbortSignal): Promise<Message>;
  close(): Promise<void>;
}

export type ReadFrom =
  | { readonly kind: 'earliest' }
  /** From the earliest, without what a later message of the same key has overtaken, as far as the topic was compacted. */
  | { readonly kind: 'newest-of-keys' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'after'; readonly position: Position }
  | { readonly kind: 'published-since'; readonly atMs: number };

export interface Backlog {
  /** Entries (batches), not messages: what the broker counts. */
  readonly entries: number;
  readonly bytes: number;
  /** When the oldest unacknowledged message was published; undefined when there is none. */
  readonly oldestPublishedAtMs: number | undefined;
  readonly hasConsumer: boolean;
  /** On the partition that has most of them. */
  readonly mostConsumers: number;
}

export interface TopicFacts {
  /** 0: not partitioned. */
  readonly partitionCount: number;
  readonly subscriptions: readonly string[];
  readonly isRetentionInfinite: boolean;
}

export class TopicTakenError extends Error {
  override readonly name = 'TopicTakenError';
  /** What the holder said of itself, if it can be known. */
  readonly holder: string | undefined;

  constructor(topic: string, holder: string | undefined) {
    super(`${topic} is held by ${holder ?? 'somebody else'}`);
    this.holder = holder;
  }
}

/**
 * Pulsar, as much of it as the migration needs. Topics are named by their last part; the adapter adds tenant and
 * namespace. A partition of a partitioned topic is named `<topic>-partition-<n>`.
 */
export interface MessageBus {
  /** Creates or verifies the namespace: infinite retention, no TTL, no topics made by accident. */
  ensureNamespace(signal?: AbortSignal): Promise<void>;
  /** Creates or verifies; throws OperatorError when it exists with another partition count. */
  ensureTopic(topic: string, partitionCount: number, signal?: AbortSignal): Promise<void>;
  /** Creates or verifies a durable subscription at the earliest position; never moves one that exists. */
  ensureSubscription(topic: string, subscription: string, signal?: AbortSignal): Promise<void>;
  /** Read back from the broker; undefined when there is no such topic. */
  describeTopic(topic: string, signal?: AbortSignal): Promise<TopicFacts | undefined>;
  backlog(topic: string, subscription: string, signal?: AbortSignal): Promise<Backlog>;
  /** The schema of a message's version; asked for once. */
  schema(topic: string, version: Buffer, signal?: AbortSignal): Promise<TopicSchema>;
  lastPosition(topic: string, signal?: AbortSignal): Promise<Position | undefined>;
  /** To read on from: all before is acknowledged. Makes the subscription if there is none; undefined before the topic's first message. */
  acknowledgedUpTo(topic: string, subscription: string, signal?: AbortSignal): Promise<Position | undefined>;
  /**
   * Begins to compact a topic, where all messages have keys and payloads. Whether it may be and comes to an end is not
   * told: without it readers of the newest read more, and the same.
   */
  compact(topic: string, signal?: AbortSignal): Promise<void>;
  publisher(topic: string, options?: PublisherOptions, signal?: AbortSignal): Promise<Publisher>;
  subscribe(
    topic: string,
    subscription: string,
    kind: SubscriptionKind,
    options?: SubscribeOptions,
  ): Promise<Subscription>;
  reader(topic: string, from: ReadFrom, signal?: AbortSignal): Promise<TopicReader>;
  /** Less than zero when `a` comes before `b` in their topic partition; also of positions read back as text. */
  comparePositions(a: Position, b: Position): number;
  close(): Promise<void>;
}
