import { MessageTooBigError } from '../../errors.ts';
import { type Publisher, type PublisherOptions, TopicTakenError } from '../../ports/message-bus.ts';
import type { PulsarAdmin } from '../../wire/pulsar/admin.ts';
import { PulsarError } from '../../wire/pulsar/pulsar-error.ts';
import { TooBigError } from '../../wire/pulsar/too-big-error.ts';
import type { Producer, ProducerAccessMode, PulsarClient } from '../../wire/pulsar/types.ts';
import { busFailure } from './bus-errors.ts';
import { BusPosition } from './bus-position.ts';
import { nameOfHolder, watchOwnership } from './watch-ownership.ts';

export interface PublisherParts {
  readonly client: PulsarClient;
  readonly admin: PulsarAdmin;
  /** Full name. */
  readonly topic: string;
  readonly clientName: string;
}

/** TopicTakenError with the holder's name when somebody else has the topic to himself. */
export async function openPublisher(
  parts: PublisherParts,
  options: PublisherOptions = {},
  signal?: AbortSignal,
): Promise<Publisher> {
  const lost = new AbortController();
  const producer = await openProducer(parts, options, lost, signal);
  const isAlone = options.access === 'exclusive' || options.access === 'take-over';
  const stopWatching = isAlone && options.isWatched !== false ? watchOwnership(parts, producer, lost) : () => {};
  const doing = `to publish on ${parts.topic}`;
  const fail = async (error: unknown) => {
    throw await failureOf(parts, doing, error);
  };
  return {
    publish: (message) => producer.send(message).then((id) => new BusPosition(id), fail),
    flush: () => producer.flush().catch(fail),
    lost: lost.signal,
    async close() {
      stopWatching();
      await producer.close();
    },
  };
}

const accessModes: Readonly<Record<NonNullable<PublisherOptions['access']>, ProducerAccessMode>> = {
  shared: 'Shared',
  exclusive: 'Exclusive',
  'take-over': 'ExclusiveWithFencing',
};

// Five milliseconds of waiting make batches of hundreds at full speed, and produce at a tenth of the CPU.
const batching = { maxMessages: 1000, maxBytes: 128 * 1024, maxDelayMs: 5 };

async function openProducer(
  { client, admin, topic, clientName }: PublisherParts,
  { access = 'shared', holder, isBatched = true }: PublisherOptions,
  lost: AbortController,
  signal?: AbortSignal,
): Promise<Producer> {
  const expected = `to open a publisher on ${topic}`;
  try {
    return await client.producer({
      topic,
      accessMode: accessModes[access],
      batching: isBatched && batching,
      compression: 'lz4',
      metadata: { client: clientName, ...(holder !== undefined && { holder }) },
      onFault: (error) =>
        void failureOf({ admin, topic }, `to keep publishing on ${topic}`, error).then((reason) => lost.abort(reason)),
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    const isTaken = error instanceof PulsarError && ['ProducerFenced', 'ProducerBusy'].includes(error.code);
    throw isTaken ? new TopicTakenError(topic, await holderOf(admin, topic, signal)) : busFailure(expected, error);
  }
}

/** TopicTakenError with the taker's name for a fenced producer, MessageTooBigError for what the brokers do not take as they are set. */
async function failureOf(
  { admin, topic }: Pick<PublisherParts, 'admin' | 'topic'>,
  doing: string,
  error: unknown,
): Promise<unknown> {
  if (error instanceof PulsarError && error.code === 'ProducerFenced')
    return new TopicTakenError(topic, await holderOf(admin, topic));
  if (error instanceof TooBigError) {
    const { properties = {}, payload } = error.refused;
    const next = 'raise maxMessageSize of the brokers, and nettyMaxFrameSizeBytes of their bookies with it';
    return new MessageTooBigError(
      { properties, payload },
      { expected: doing, found: error.message, next },
      { cause: error },
    );
  }
  return busFailure(doing, error);
}

/** What the holder said of itself when it connected; undefined if it has gone meanwhile or said nothing. */
async function holderOf(admin: PulsarAdmin, topic: string, signal?: AbortSignal): Promise<string | undefined> {
  return nameOfHolder(await admin.producers(topic, signal).catch(() => []));
}
