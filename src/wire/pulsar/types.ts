import type {
  Consumer,
  ConsumerOptions,
  PartitionedConsumer,
  PartitionedConsumerOptions,
  Reader,
  ReaderOptions,
} from './consumer-types.ts';
import type { PartitionedProducer, PartitionedProducerOptions, Producer, ProducerOptions } from './producer-types.ts';
import type { SchemaDefinition, SchemaInfo } from './schema-types.ts';

export type * from './consumer-types.ts';
export type * from './producer-types.ts';
export type * from './schema-types.ts';

/** How to reach a cluster. `pulsar://host:port[,host:port]` in the clear, `pulsar+ssl://` with TLS. */
export interface PulsarConnectOptions {
  readonly serviceUrl: string;
  readonly auth?: PulsarAuth | undefined;
  readonly tls?: PulsarTls | undefined;
  /** Gives up the first connection only. */
  readonly signal?: AbortSignal | undefined;
}

/** A function is asked again at each connection and whenever the broker wants a fresh one: see `tokenFromFile`, `oauth2Token`. */
export interface PulsarAuth {
  readonly token: string | TokenSource;
}

/** `isChallenge`: the broker did not take the last one any longer, so a remembered one will not do. */
export type TokenSource = (reason: { readonly isChallenge: boolean }) => string | Promise<string>;

/** The broker's certificate is always checked. PEM texts, not paths; `cert` and `key` are ours, for brokers that ask for one. */
export interface PulsarTls {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  /** The name the certificate must carry, when it is not the host of the URL. */
  readonly serverName?: string | undefined;
}

/** Topics are `persistent://tenant/namespace/name`; a partition is addressed as `<topic>-partition-<n>`. */
export interface PulsarClient {
  /** On a topic without partitions, or on one partition. */
  producer(options: ProducerOptions): Promise<Producer>;
  partitionedProducer(options: PartitionedProducerOptions): Promise<PartitionedProducer>;
  /** Of a topic without partitions, or of one partition. */
  consumer(options: ConsumerOptions): Promise<Consumer>;
  partitionedConsumer(options: PartitionedConsumerOptions): Promise<PartitionedConsumer>;
  /** Of a topic without partitions, or of one partition. */
  reader(options: ReaderOptions): Promise<Reader>;
  /** 0 for a topic that is not partitioned; TopicNotFound for one that does not exist (0 before Pulsar 3.3). */
  partitionCount(topic: string, signal?: AbortSignal): Promise<number>;
  /** The schema of a message's `schemaVersion`, asked for once; the newest one without it. */
  schema(topic: string, version?: Buffer, signal?: AbortSignal): Promise<SchemaInfo>;
  /** Registers a schema, or finds it among those of the topic; its version. IncompatibleSchema if it does not fit them. */
  createSchema(topic: string, schema: SchemaDefinition, signal?: AbortSignal): Promise<Buffer>;
  /** Closes every producer, consumer and reader, then the connections. The signal ends the waiting for what is unconfirmed. */
  close(signal?: AbortSignal): Promise<void>;
}
