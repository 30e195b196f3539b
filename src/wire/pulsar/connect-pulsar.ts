import { ConnectionPool } from './connection-pool.ts';
import { openConsumer } from './consumer.ts';
import { openPartitionedConsumer } from './partitioned-consumer.ts';
import { openPartitionedProducer } from './partitioned-producer.ts';
import { openProducer } from './producer.ts';
import { PulsarError } from './pulsar-error.ts';
import { openReader } from './reader.ts';
import type { ConsumerHost } from './subscriber.ts';
import { fullTopicName } from './topic-name.ts';
import { TopicSchemas } from './topic-schemas.ts';
import type {
  Consumer,
  ConsumerOptions,
  PartitionedConsumer,
  PartitionedConsumerOptions,
  PartitionedProducer,
  PartitionedProducerOptions,
  Producer,
  ProducerOptions,
  PulsarClient,
  PulsarConnectOptions,
  Reader,
  ReaderOptions,
  SchemaDefinition,
  SchemaInfo,
} from './types.ts';

export { credentialsFromFile, oauth2Token } from './oauth2-token.ts';
export { tokenFromEnvironment, tokenFromFile } from './token-sources.ts';

/** Fails at once when no broker can be reached or it refuses us. */
export async function connectPulsar(options: PulsarConnectOptions): Promise<PulsarClient> {
  const pool = new ConnectionPool(options);
  try {
    await pool.any(options.signal);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return new PooledClient(pool);
}

interface Closable {
  close(signal?: AbortSignal): Promise<void>;
}

class PooledClient implements PulsarClient {
  private readonly pool: ConnectionPool;
  private readonly schemas: TopicSchemas;
  private readonly opened = new Set<Closable>();
  private nextId = 0;
  private isClosed = false;

  constructor(pool: ConnectionPool) {
    this.pool = pool;
    this.schemas = new TopicSchemas((topic, signal) => pool.lookup(topic, signal));
  }

  producer(options: ProducerOptions): Promise<Producer> {
    return this.open((host) => openProducer(host, options));
  }

  consumer(options: ConsumerOptions): Promise<Consumer> {
    return this.open((host) => openConsumer(host, options));
  }

  reader(options: ReaderOptions): Promise<Reader> {
    return this.open((host) => openReader(host, options));
  }

  partitionedProducer(options: PartitionedProducerOptions): Promise<PartitionedProducer> {
    const open = (part: ProducerOptions) => this.producer(part);
    const count = (signal?: AbortSignal) => this.partitionsOf(options.topic, signal);
    return this.open(({ onClosed }) => openPartitionedProducer({ open, count, onClosed }, options));
  }

  partitionedConsumer(options: PartitionedConsumerOptions): Promise<PartitionedConsumer> {
    const open = (part: ConsumerOptions, onArrival: () => void) =>
      this.open((host) => openConsumer(host, part, onArrival));
    const count = (signal?: AbortSignal) => this.partitionsOf(options.topic, signal);
    return this.open(({ onClosed }) => openPartitionedConsumer({ open, count, onClosed }, options));
  }

  async partitionCount(topic: string, signal?: AbortSignal): Promise<number> {
    const { connection } = await this.pool.any(signal);
    const question = { topic: fullTopicName(topic), allowsAutoCreation: false };
    const answer = await connection.request(
      (requestId) => ({ partitionedMetadata: { ...question, requestId } }),
      signal,
    );
    return answer.partitionedMetadataResponse!.partitions ?? 0;
  }

  schema(topic: string, version?: Buffer, signal?: AbortSignal): Promise<SchemaInfo> {
    return this.schemas.read(topic, version, signal);
  }

  createSchema(topic: string, schema: SchemaDefinition, signal?: AbortSignal): Promise<Buffer> {
    return this.schemas.create(topic, schema, signal);
  }

  async close(signal?: AbortSignal): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.opened].map((end) => end.close(signal)));
    await this.pool.close();
  }

  private async partitionsOf(topic: string, signal?: AbortSignal): Promise<number> {
    const count = await this.partitionCount(topic, signal);
    if (count === 0) throw new PulsarError('NotAllowedError', `${fullTopicName(topic)} has no partitions`);
    return count;
  }

  private async open<T extends Closable>(openEnd: (host: ConsumerHost) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new PulsarError('Closed', 'the client is closed');
    let end: T | null = null;
    end = await openEnd({
      nextId: () => this.nextId++,
      lookup: (topic, signal) => this.pool.lookup(topic, signal),
      onClosed: () => {
        if (end) this.opened.delete(end);
      },
    });
    this.opened.add(end);
    // The client was closed while this was being opened.
    if (this.isClosed) await end.close();
    return end;
  }
}
