import type { MessageId } from './message-id.ts';
import type { PulsarError } from './pulsar-error.ts';
import type { SchemaDefinition } from './schema-types.ts';

export interface ProducerOptions {
  readonly topic: string;
  /** Unique on the topic; the broker invents one when it is left out. Deduplication goes by it. */
  readonly name?: string | undefined;
  readonly accessMode?: ProducerAccessMode | undefined;
  readonly batching?: BatchingOptions | false | undefined;
  readonly compression?: 'none' | 'lz4' | undefined;
  /** Shown in the topic's stats: who holds the lock. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** `readyToSend` waits above this many unconfirmed messages; default 2000. */
  readonly maxPending?: number | undefined;
  /** `readyToSend` waits above this many unconfirmed bytes; default 64 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /**
   * How long the broker may leave an entry without an answer, once to twice over, before it is looked up anew and sent the
   * entry again; longer each time that was in vain; default 60,000.
   */
  readonly answerMs?: number | undefined;
  readonly schema?: SchemaDefinition | undefined;
  /** false from every lost connection until the producer is back; a lock holder must stop meanwhile. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** The producer has ended (fenced, topic terminated or gone); every pending send was rejected with this. */
  readonly onFault?: ((error: PulsarError) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * 'Exclusive' fails with ProducerFenced while another producer is there; 'WaitForExclusive' waits for its turn, however
 * long: give a signal; 'ExclusiveWithFencing' throws the other one out. Who has it and finds somebody else in its place
 * after a lost connection ends with ProducerFenced, whichever way it came to it.
 */
export type ProducerAccessMode = 'Shared' | 'Exclusive' | 'WaitForExclusive' | 'ExclusiveWithFencing';

/** A batch is sent at the first limit reached; maxDelayMs 0 sends at the end of the event-loop turn. */
export interface BatchingOptions {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
}

export interface OutgoingMessage {
  readonly key?: Buffer | undefined;
  /** Takes the place of the key where keys decide the order. */
  readonly orderingKey?: Buffer | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
  readonly payload: Buffer;
  /** Milliseconds since 1970. */
  readonly eventTime?: number | undefined;
  /** A message without a value (a tombstone); the payload must be empty. */
  readonly isNull?: boolean | undefined;
  /**
   * The caller's own number, for deduplication across restarts: of a named producer only, for all of its messages or for
   * none, and rising. One at or below `lastSequenceId` as it was at the start is not sent: it is stored, or was refused for ever.
   */
  readonly sequenceId?: number | undefined;
}

export interface Producer {
  readonly topic: string;
  readonly name: string;
  readonly isConnected: boolean;
  /** Messages sent and not confirmed yet. */
  readonly pendingCount: number;
  readonly pendingBytes: number;
  /**
   * The highest sequence id known to be stored for this name: at the start the broker's own record, if the topic is
   * deduplicated (else -1), then what it confirms. After a restart go on behind it.
   */
  readonly lastSequenceId: number;
  /**
   * Resolves when the broker has stored the message. Survives lost connections: pending batches are sent again with the
   * same sequence ids, so without deduplication on the topic a message may be stored twice. Rejects only when it is not
   * stored and never will be by this producer, except on close with a broken connection, when that is not known, and by
   * the signal, which ends the waiting but not the sending. A duplicate that the broker dropped resolves with ids of -1.
   */
  send(message: OutgoingMessage, signal?: AbortSignal): Promise<MessageId>;
  /** Resolves when fewer than maxPending messages and maxPendingBytes are unconfirmed and the socket is not congested. */
  readyToSend(signal?: AbortSignal): Promise<void>;
  /** Resolves when everything sent so far is confirmed; rejects with the producer's fault. */
  flush(signal?: AbortSignal): Promise<void>;
  /** Sends what is batched, waits for its confirmation while connected, and leaves. May be repeated. */
  close(signal?: AbortSignal): Promise<void>;
}

export interface PartitionedProducerOptions extends Omit<ProducerOptions, 'onConnection'> {
  /**
   * Which partition a message goes to. Without it: by the Murmur3 hash of the key, as the Java client does it for text
   * keys with `HashingScheme.Murmur3_32Hash`; messages without key go to one partition after the other, a batch at a time.
   */
  readonly route?: ((message: OutgoingMessage, partitionCount: number) => number) | undefined;
  /** How often new partitions are looked for; default 60,000, 0 never. */
  readonly refreshMs?: number | undefined;
  readonly onConnection?: ((partition: number, isConnected: boolean) => void) | undefined;
}

/** One producer over all partitions of a topic, also those that are added later: a key may move when they are. */
export interface PartitionedProducer extends Omit<Producer, 'lastSequenceId' | 'name'> {
  readonly partitionCount: number;
  /** By partition. */
  readonly lastSequenceIds: readonly number[];
}
