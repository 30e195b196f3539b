import type { MessageId } from './message-id.ts';
import type { PulsarError } from './pulsar-error.ts';

/** How to reach a cluster. `pulsar://host:port[,host:port]` in the clear, `pulsar+ssl://` with TLS. */
export interface PulsarConnectOptions {
  readonly serviceUrl: string;
  readonly auth?: PulsarAuth | undefined;
  readonly tls?: PulsarTls | undefined;
  /** Gives up the first connection only. */
  readonly signal?: AbortSignal | undefined;
}

/** A function is asked again at each connection, so an expiring token can be renewed. */
export interface PulsarAuth {
  readonly token: string | (() => string | Promise<string>);
}

/** The broker's certificate is always checked. PEM texts, not paths. */
export interface PulsarTls {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name the certificate must carry, when it is not the host of the URL. */
  readonly serverName?: string | undefined;
}

/** Topics are `persistent://tenant/namespace/name`; a partition is addressed as `<topic>-partition-<n>`. */
export interface PulsarClient {
  producer(options: ProducerOptions): Promise<Producer>;
  consumer(options: ConsumerOptions): Promise<Consumer>;
  reader(options: ReaderOptions): Promise<Reader>;
  /** 0 for a topic that is not partitioned; TopicNotFound for one that does not exist (0 before Pulsar 3.3). */
  partitionCount(topic: string, signal?: AbortSignal): Promise<number>;
  /** The schema of a message's `schemaVersion`; the newest one without it. */
  schema(topic: string, version?: Buffer, signal?: AbortSignal): Promise<SchemaInfo>;
  /** Closes every producer, consumer and reader, then the connections. */
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly topic: string;
  /** Unique on the topic; the broker invents one when it is left out. */
  readonly name?: string | undefined;
  /** 'Exclusive' fails with ProducerFenced while another producer is there; 'ExclusiveWithFencing' throws it out. */
  readonly accessMode?: ProducerAccessMode | undefined;
  readonly batching?: BatchingOptions | false | undefined;
  readonly compression?: 'none' | 'lz4' | undefined;
  /** Shown in the topic's stats: who holds the lock. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** `readyToSend` waits above this many unconfirmed messages; default 2000. */
  readonly maxPending?: number | undefined;
  readonly schema?: Pick<SchemaInfo, 'name' | 'type' | 'data' | 'properties'> | undefined;
  /** false from every lost connection until the producer is back; a lock holder must stop meanwhile. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** The producer has ended (fenced, topic terminated or gone); every pending send was rejected with this. */
  readonly onFault?: ((error: PulsarError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type ProducerAccessMode = 'Shared' | 'Exclusive' | 'ExclusiveWithFencing';

/** A batch is sent at the first limit reached; maxDelayMs 0 sends at the end of the event-loop turn. */
export interface BatchingOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
}

export interface OutgoingMessage {
  readonly key?: Buffer | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly payload: Buffer;
  /** Milliseconds since 1970. */
  readonly eventTime?: number | undefined;
  /** A message without a value (a tombstone); the payload must be empty. */
  readonly isNull?: boolean | undefined;
}

export interface Producer {
  readonly topic: string;
  readonly name: string;
  readonly isConnected: boolean;
  /** Messages sent and not confirmed yet. */
  readonly pendingCount: number;
  /**
   * Resolves when the broker has stored the message. Survives lost connections: pending batches are sent again with the
   * same sequence ids, so without deduplication on the topic a message may be stored twice. Rejects only when it is not
   * stored and never will be by this producer, except on close with a broken connection, when that is not known.
   */
  send(message: OutgoingMessage): Promise<MessageId>;
  /** Resolves when fewer than maxPending messages are unconfirmed and the socket is not congested. */
  readyToSend(signal?: AbortSignal): Promise<void>;
  /** Resolves when everything sent so far is confirmed; rejects with the producer's fault. */
  flush(signal?: AbortSignal): Promise<void>;
  /** Sends what is batched, waits for its confirmation while connected, and leaves. May be repeated. */
  close(): Promise<void>;
}

export type SubscriptionType = 'Exclusive' | 'Shared' | 'Failover';

export interface ConsumerOptions {
  readonly topic: string;
  readonly subscription: string;
  readonly type: SubscriptionType;
  /** Messages fetched ahead; default 1000. 0 fetches only while `receive` waits: for long-running work. */
  readonly receiveQueue?: number | undefined;
  readonly consumerName?: string | undefined;
  /** Where a subscription that does not exist yet begins; default 'latest'. */
  readonly initialPosition?: 'earliest' | 'latest' | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Failover only: this consumer became, or is no longer, the one that receives. */
  readonly onActiveChange?: ((isActive: boolean) => void) | undefined;
  /** All that was received and not acknowledged comes again, in order: after a reconnect, a change of the active consumer, redeliver (not Shared) and seek. */
  readonly onRewind?: (() => void) | undefined;
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** The consumer has stopped; `receive` and `poll` throw the same error once the queue is empty. */
  readonly onFault?: ((error: PulsarError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ReceivedMessage {
  readonly id: MessageId;
  readonly key: Buffer | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly payload: Buffer;
  /** The message has no value; the payload is empty. */
  readonly isNull: boolean;
  readonly publishTimeMs: number;
  readonly eventTimeMs: number | null;
  /** As the broker remembers it: lost when the broker restarts. */
  readonly redeliveryCount: number;
  readonly producerName: string;
  readonly sequenceId: number;
  /** For `client.schema`; null for a topic without schema. */
  readonly schemaVersion: Buffer | null;
}

/** What consumers and readers share. Both reconnect by themselves. */
export interface MessageSource {
  readonly topic: string;
  readonly isConnected: boolean;
  /** Waits for the next message; null when the topic was terminated and has been read to its end. */
  receive(signal?: AbortSignal): Promise<ReceivedMessage | null>;
  /** The next message if it is already here, else null. Cheap: use it to fill a batch after a `receive`. */
  poll(): ReceivedMessage | null;
  /** The newest message on the topic that this source could still see; null when there is none. */
  lastMessageId(signal?: AbortSignal): Promise<MessageId | null>;
  close(): Promise<void>;
}

export interface Consumer extends MessageSource {
  readonly subscription: string;
  /** Failover: whether this consumer is the one that receives. Always true for the other types. */
  readonly isActive: boolean;
  /**
   * Resolves when the broker has taken it, which is not yet on its disk: it may come again after a crash of the broker, and
   * even after a plain unload of the topic. In a batch the entry is acknowledged with its last message; the earlier ones resolve at once.
   */
  ack(id: MessageId): Promise<void>;
  /** Everything up to and including id; in the middle of a batch the entry before it. Not for Shared. */
  ackCumulative(id: MessageId): Promise<void>;
  /** Asks for these messages again (Shared), or for everything not acknowledged (Exclusive, Failover). */
  redeliver(ids: readonly MessageId[]): void;
  /** `redeliver` after a delay. */
  nack(id: MessageId, delayMs: number): void;
  /** The next message received is the first at or after the position. Pending acks are dropped. */
  seek(to: SeekPosition, signal?: AbortSignal): Promise<void>;
}

export type SeekPosition = 'earliest' | 'latest' | MessageId | { readonly publishTimeMs: number };

export interface ReaderOptions {
  readonly topic: string;
  readonly start: ReaderStart;
  readonly receiveQueue?: number | undefined;
  readonly readerName?: string | undefined;
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  readonly onFault?: ((error: PulsarError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An id is inclusive unless `isExclusive`. */
export type ReaderStart =
  | 'earliest'
  | 'latest'
  | { readonly id: MessageId; readonly isExclusive?: boolean | undefined }
  | { readonly publishTimeMs: number };

/** Reads without a durable subscription; after a reconnect it goes on behind the last message it handed out. */
export interface Reader extends MessageSource {
  /**
   * Whether `receive` still has something at or before this id. To read a topic to its present end: take
   * `lastMessageId()` once, then receive while this is true.
   */
  hasMoreBefore(lastMessageId: MessageId | null): boolean;
}

export interface SchemaInfo {
  readonly name: string;
  /** The protocol's number: 0 none, 1 string, 2 JSON, 4 Avro, 15 key-value. */
  readonly type: number;
  readonly data: Buffer;
  readonly properties: Readonly<Record<string, string>>;
  readonly version: Buffer | null;
}
