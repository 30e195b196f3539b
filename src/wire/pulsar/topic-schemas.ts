import type { Connection } from './connection.ts';
import { fromKeyValues, toKeyValues } from './message-metadata.ts';
import { PulsarError } from './pulsar-error.ts';
import { fullTopicName } from './topic-name.ts';
import type { SchemaDefinition, SchemaInfo } from './types.ts';

type Lookup = (topic: string, signal?: AbortSignal) => Promise<Connection>;
/** More versions than any topic has; beyond them the oldest is asked for again. */
const rememberedVersions = 1000;

/** The schemas of topics. A version never changes, so each is asked for once. */
export class TopicSchemas {
  private readonly lookup: Lookup;
  private readonly known = new Map<string, SchemaInfo>();

  constructor(lookup: Lookup) {
    this.lookup = lookup;
  }

  async read(topic: string, version?: Buffer, signal?: AbortSignal): Promise<SchemaInfo> {
    const name = fullTopicName(topic);
    const key = version && `${name} ${version.toString('hex')}`;
    const known = key && this.known.get(key);
    if (known) return known;
    const found = await this.ask(name, version, signal);
    if (key) this.remember(key, found);
    return found;
  }

  async create(topic: string, definition: SchemaDefinition, signal?: AbortSignal): Promise<Buffer> {
    const connection = await this.lookup(topic, signal);
    const schema = { ...definition, properties: toKeyValues(definition.properties) };
    const question = { topic: fullTopicName(topic), schema };
    const answer = await connection.request((requestId) => ({ getOrCreateSchema: { ...question, requestId } }), signal);
    const { version } = answer.getOrCreateSchemaResponse!;
    if (!version) throw new PulsarError('Protocol', `no version in the broker's answer for ${topic}`);
    return Buffer.from(version);
  }

  private async ask(topic: string, version: Buffer | undefined, signal?: AbortSignal): Promise<SchemaInfo> {
    const connection = await this.lookup(topic, signal);
    const answer = await connection.request((requestId) => ({ getSchema: { topic, version, requestId } }), signal);
    const { schema, version: found } = answer.getSchemaResponse!;
    if (!schema) throw new PulsarError('Protocol', `no schema in the broker's answer for ${topic}`);
    const { name, type, properties = [] } = schema;
    // Copied: the answer is a view into the socket's buffer.
    const data = Buffer.from(schema.data);
    return { name, type, data, properties: fromKeyValues(properties), version: found ? Buffer.from(found) : null };
  }

  private remember(key: string, schema: SchemaInfo): void {
    this.known.set(key, schema);
    if (this.known.size > rememberedVersions) this.known.delete(this.known.keys().next().value!);
  }
}
