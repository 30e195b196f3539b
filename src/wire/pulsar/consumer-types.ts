import type { IncompleteMessage } from './chunk-assembler.ts';
import type { MessageId } from './message-id.ts';
import type { PulsarError } from './pulsar-error.ts';
import type { SchemaDefinition } from './schema-types.ts';

export type SubscriptionType = 'Exclusive' | 'Shared' | 'Failover' | 'Key_Shared';

/** What may lie between the broker and `receive`. */
export interface IntakeLimits {
  /** Messages fetched ahead; default 1000. 0 fetches only while `receive` waits: for long-running work. */
  readonly receiveQueue?: number | undefined;
  /** Bytes fetched ahead, about: it is told from the size of recent messages. Default 64 MiB. */
  readonly maxQueuedBytes?: number | undefined;
  /** A larger message, decompressed or put together from chunks, is Undecodable. Default 128 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** A chunked message whose next chunk has not come for this long is given up. Default 60,000. */
  readonly chunkExpiryMs?: number | undefined;
  /** These entries are chunks of a message that is not complete; they were passed over and are not acknowledged. */
  readonly onIncomplete?: ((message: IncompleteMessage) => void) | undefined;
}

export interface ConsumerOptions extends IntakeLimits {
  readonly topic: string;
  readonly subscription: string;
  readonly type: SubscriptionType;
  readonly consumerName?: string | undefined;
  /** Where a subscription that does not exist yet begins; default 'latest'. */
  readonly initialPosition?: 'earliest' | 'latest' | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Key_Shared only: which keys come here; without it the broker spreads them over the consumers. */
  readonly keyShared?: KeySharedOptions | undefined;
  /** Shared and Failover: consumers with a smaller number come first. */
  readonly priority?: number | undefined;
  /** Only the newest message of each key, as far as the topic is compacted. Exclusive and Failover only. */
  readonly isReadCompacted?: boolean | undefined;
  /**
   * Tells the broker of single messages of a batch, so that only the others come again. Needs
   * `acknowledgmentAtBatchIndexLevelEnabled` there; a broker without it waits for the whole batch as ever.
   */
  readonly batchIndexAcks?: boolean | undefined;
  /** How long `nack` waits without a delay of its own. Default from 1 s, doubling to 60 s. */
  readonly nackBackoff?: NackBackoff | undefined;
  /** Refused if the topic's messages cannot be read with it. */
  readonly schema?: SchemaDefinition | undefined;
  /** Failover only: this consumer became, or is no longer, the one that receives. */
  readonly onActiveChange?: ((isActive: boolean) => void) | undefined;
  /** All that was received and not acknowledged comes again, in order: after a reconnect, a change of the active consumer, redeliver (Exclusive, Failover) and seek. */
  readonly onRewind?: (() => void) | undefined;
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** The consumer has stopped; `receive` and `poll` throw the same error once the queue is empty. */
  readonly onFault?: ((error: PulsarError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KeySharedOptions {
  /** First and last hash, both included, of 0 to 65535 (see `stickyKeyHash`). They must not overlap those of others. */
  readonly ranges?: readonly (readonly [number, number])[] | undefined;
  /** Gives up order for not waiting on others when consumers come and go. */
  readonly allowsOutOfOrder?: boolean | undefined;
}

export interface NackBackoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export interface ReceivedMessage {
  readonly id: MessageId;
  readonly key: Buffer | null;
  /** Takes the place of the key where keys decide the order. */
  readonly orderingKey: Buffer | null;
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
  /**
   * Waits for the next message; null when the topic was terminated and has been read to its end, and all of it is
   * acknowledged: before that the broker does not tell. A reader needs not acknowledge.
   */
  receive(signal?: AbortSignal): Promise<ReceivedMessage | null>;
  /** The next message if it is already here, else null. Cheap: use it to fill a batch after a `receive`. */
  poll(): ReceivedMessage | null;
  /** The newest message on the topic that this source could still see; null when there is none. */
  lastMessageId(signal?: AbortSignal): Promise<MessageId | null>;
  close(signal?: AbortSignal): Promise<void>;
}

/** How a consumer says what became of its messages. A signal ends the waiting only, not what it waits for. */
interface Acknowledging {
  /**
   * Resolves when the broker has taken it, which is not yet on its disk: it may come again after a crash of the broker, and
   * even after a plain unload of the topic. Without batchIndexAcks an entry is acknowledged with the last message of its
   * batch; the earlier ones resolve at once. A chunked message is acknowledged with all of its chunks.
   */
  ack(id: MessageId, signal?: AbortSignal): Promise<void>;
  /**
   * Everything up to and including id; in the middle of a batch the entry before it (without batchIndexAcks), and never
   * the first chunks of a message that is not done. Not for Shared and Key_Shared.
   */
  ackCumulative(id: MessageId, signal?: AbortSignal): Promise<void>;
  /** Asks for these messages again (Shared, Key_Shared), or for everything not acknowledged (Exclusive, Failover). */
  redeliver(ids: readonly MessageId[]): void;
  /** `redeliver` after a delay; without one it grows each time the same message is nacked. */
  nack(id: MessageId, delayMs?: number): void;
  /** The next message received is the first at or after the position. Pending acks are dropped. */
  seek(to: SeekPosition, signal?: AbortSignal): Promise<void>;
  /** Ends the subscription for good, and closes. Refused while it has other consumers. */
  unsubscribe(signal?: AbortSignal): Promise<void>;
}

export interface Consumer extends MessageSource, Acknowledging {
  readonly subscription: string;
  /** Failover: whether this consumer is the one that receives. Always true for the other types. */
  readonly isActive: boolean;
  /** The broker's cursor: all of this entry and before it is acknowledged; entry -1 is before a ledger's first. */
  markDeletePosition(signal?: AbortSignal): Promise<MessageId | null>;
}

export type SeekPosition = 'earliest' | 'latest' | MessageId | { readonly publishTimeMs: number };

export interface PartitionedConsumerOptions
  extends Omit<ConsumerOptions, 'onActiveChange' | 'onRewind' | 'onConnection'> {
  /** How often new partitions are looked for; default 60,000, 0 never. */
  readonly refreshMs?: number | undefined;
  readonly onActiveChange?: ((partition: number, isActive: boolean) => void) | undefined;
  readonly onRewind?: ((partition: number) => void) | undefined;
  readonly onConnection?: ((partition: number, isConnected: boolean) => void) | undefined;
}

/**
 * One consumer over all partitions of a topic, also those that are added later. Ids say which partition they are of:
 * `ackCumulative` and `seek` to an id concern that one only. `receive` gives null when all partitions are at their end.
 */
export interface PartitionedConsumer extends Omit<MessageSource, 'lastMessageId'>, Acknowledging {
  readonly subscription: string;
  readonly partitionCount: number;
  /** By partition. */
  lastMessageIds(signal?: AbortSignal): Promise<readonly (MessageId | null)[]>;
}

export interface ReaderOptions extends IntakeLimits {
  readonly topic: string;
  readonly start: ReaderStart;
  readonly readerName?: string | undefined;
  /** Only the newest message of each key, as far as the topic is compacted. */
  readonly isReadCompacted?: boolean | undefined;
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
