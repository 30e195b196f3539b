import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mutation } from '../../model/mutation.ts';
import type { Table } from '../../model/table.ts';
import { decodeMutation } from '../../wire/commitlog/decode-mutation.ts';
import { UnknownColumnError, UnknownTableError } from '../../wire/commitlog/errors.ts';
import { connectPulsar } from '../../wire/pulsar/connect-pulsar.ts';
import type { Producer, PulsarClient } from '../../wire/pulsar/types.ts';
import { eventsOfUpdate, eventsPartitionOf } from './events-of-update.ts';
import { type NodeRecord, openNodeLog } from './node-log.ts';

export interface StandIn {
  readonly hostId: string;
  readonly commitLogDirectory: string;
  readonly serviceUrl: string;
  /** `persistent://tenant/namespace/prefix`. */
  readonly topicPrefix: string;
  /** The tables as they are now; asked again when a record is of another one. */
  readonly readTables: (signal: AbortSignal) => Promise<readonly Table[]>;
  readonly signal: AbortSignal;
}

const lookEveryMs = 100;

/**
 * Stands in for the DataStax agent of one node in rehearsals: follows the node's commit log and publishes what the agent
 * would, in the form of its recorded messages. It is not the agent: it keeps no place, so it must run from before the
 * first write that matters to after the last one.
 */
export async function runStandIn(standIn: StandIn): Promise<void> {
  const log = await openNodeLog(standIn.commitLogDirectory);
  const client = await connectPulsar({ serviceUrl: standIn.serviceUrl, signal: standIn.signal });
  const topics = new EventsTopics(client, standIn);
  const known = new KnownTables(standIn);
  try {
    while (!standIn.signal.aborted) {
      for (const record of await log.read()) await tell(record, known, topics, standIn);
      await topics.flush();
      await sleep(lookEveryMs, undefined, { signal: standIn.signal }).catch(() => {});
    }
  } finally {
    await client.close();
    await log.close();
  }
}

async function tell(record: NodeRecord, known: KnownTables, topics: EventsTopics, { hostId }: StandIn): Promise<void> {
  const mutation = await known.decode(record);
  // As the agent does: one captured table of a mutation, and all of them are told of.
  if (!mutation?.updates.some(({ table }) => table.hasCdc)) return;
  const digest = createHash('md5').update(record.body).digest('hex');
  for (const update of mutation.updates)
    for (const event of eventsOfUpdate(update, { node: hostId, segpos: record.segpos, digest }))
      await topics.publish(update.table, event);
}

class EventsTopics {
  readonly #client: PulsarClient;
  readonly #standIn: StandIn;
  readonly #producers = new Map<string, Promise<readonly Producer[]>>();

  constructor(client: PulsarClient, standIn: StandIn) {
    this.#client = client;
    this.#standIn = standIn;
  }

  async publish(table: Table, event: ReturnType<typeof eventsOfUpdate>[number]): Promise<void> {
    const topic = `${this.#standIn.topicPrefix}${table.keyspace}.${table.name}`;
    const opening = this.#producers.get(topic) ?? this.#open(topic, table);
    this.#producers.set(topic, opening);
    const producers = await opening;
    const { token, ...message } = event;
    const producer = producers[eventsPartitionOf(token, producers.length)]!;
    await producer.readyToSend();
    // A failure is met again by flush.
    producer.send(message).catch(() => {});
  }

  async flush(): Promise<void> {
    for (const opening of this.#producers.values()) for (const producer of await opening) await producer.flush();
  }

  async #open(topic: string, { keyspace, name }: Table): Promise<readonly Producer[]> {
    const count = await this.#client.partitionCount(topic);
    const names = count === 0 ? [topic] : Array.from({ length: count }, (_, index) => `${topic}-partition-${index}`);
    const producerName = `cdc-producer-${this.#standIn.hostId}-${keyspace}.${name}`;
    return Promise.all(
      names.map((each) => this.#client.producer({ topic: each, name: producerName, batching: false })),
    );
  }
}

class KnownTables {
  readonly #standIn: StandIn;
  readonly #byId = new Map<string, Table>();
  #readAtMs = 0;

  constructor(standIn: StandIn) {
    this.#standIn = standIn;
  }

  /** Undefined for what is of other tables. */
  async decode({ body, logVersion }: NodeRecord): Promise<Mutation | undefined> {
    await this.#keepFresh();
    try {
      return decodeMutation(body, logVersion, (id) => this.#byId.get(id));
    } catch (error) {
      if (error instanceof UnknownTableError || error instanceof UnknownColumnError) return undefined;
      throw error;
    }
  }

  async #keepFresh(): Promise<void> {
    if (performance.now() < this.#readAtMs + refreshMs) return;
    for (const table of await this.#standIn.readTables(this.#standIn.signal)) this.#byId.set(table.id, table);
    this.#readAtMs = performance.now();
  }
}

const refreshMs = 1_000;
