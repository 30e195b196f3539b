import { ConnectionPool } from './connection-pool.ts';
import { openConsumer } from './consumer.ts';
import type { ConsumerHost } from './intake.ts';
import { fromKeyValues } from './message-metadata.ts';
import { openProducer } from './producer.ts';
import { PulsarError } from './pulsar-error.ts';
import { openReader } from './reader.ts';
import { fullTopicName } from './service-url.ts';
import type {
  Consumer,
  ConsumerOptions,
  Producer,
  ProducerOptions,
  PulsarClient,
  PulsarConnectOptions,
  Reader,
  ReaderOptions,
  SchemaInfo,
} from './types.ts';

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

class PooledClient implements PulsarClient {
  private readonly pool: ConnectionPool;
  private readonly opened = new Set<{ close(): Promise<void> }>();
  private nextId = 0;
  private isClosed = false;

  constructor(pool: ConnectionPool) {
    this.pool = pool;
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

  async partitionCount(topic: string, signal?: AbortSignal): Promise<number> {
    const { connection } = await this.pool.any(signal);
    const question = { topic: fullTopicName(topic), allowsAutoCreation: false };
    const answer = await connection.request(
      (requestId) => ({ partitionedMetadata: { ...question, requestId } }),
      signal,
    );
    return answer.partitionedMetadataResponse!.partitions ?? 0;
  }

  async schema(topic: string, version?: Buffer, signal?: AbortSignal): Promise<SchemaInfo> {
    const connection = await this.pool.lookup(topic, signal);
    const question = { topic: fullTopicName(topic), version };
    const answer = await connection.request((requestId) => ({ getSchema: { ...question, requestId } }), signal);
    const { schema, version: found } = answer.getSchemaResponse!;
    if (!schema) throw new PulsarError('Protocol', `no schema in the broker's answer for ${topic}`);
    const { name, type, properties = [] } = schema;
    // Copied: the answer is a view into the socket's buffer.
    const data = Buffer.from(schema.data);
    return { name, type, data, properties: fromKeyValues(properties), version: found ? Buffer.from(found) : null };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.opened].map((end) => end.close()));
    await this.pool.close();
  }

  private async open<T extends { close(): Promise<void> }>(openEnd: (host: ConsumerHost) => Promise<T>): Promise<T> {
    if (this.isClosed) throw new PulsarError('Closed', 'the client is closed');
    let end: T | null = null;
    end = await openEnd({
      id: this.nextId++,
      lookup: (topic, signal) => this.pool.lookup(topic, signal),
      onClosed: () => {
        if (end) this.opened.delete(end);
      },
    });
    this.opened.add(end);
    return end;
  }
}
