import type { Connection } from './connection.ts';
import { toKeyValues } from './message-metadata.ts';
import { PulsarError } from './pulsar-error.ts';
import { fullTopicName } from './topic-name.ts';
import type { ProducerOptions } from './types.ts';

const accessModes = { Shared: 0, Exclusive: 1, WaitForExclusive: 2, ExclusiveWithFencing: 3 } as const;

export interface EarlierRegistration {
  readonly givenName: string | undefined;
  /** How often this producer has been registered. */
  readonly epoch: number;
  readonly topicEpoch: number | undefined;
}

/** What a producer says of itself when it comes, and when it comes back. */
export function registrationOf(options: ProducerOptions, { givenName, epoch, topicEpoch }: EarlierRegistration) {
  const { name, accessMode = 'Shared', metadata, schema } = options;
  // Who has had the topic to himself and lost it must hear so, not queue up again while its sends hang.
  const isBack = epoch > 0 && accessMode === 'WaitForExclusive';
  return {
    topic: fullTopicName(options.topic),
    producerName: givenName ?? name,
    isUserProvidedName: name !== undefined,
    // Tells the broker that this is us again, not a second producer of the same name.
    epoch,
    accessMode: accessModes[isBack ? 'Exclusive' : accessMode],
    topicEpoch,
    metadata: toKeyValues(metadata),
    schema: schema && { ...schema, properties: toKeyValues(schema.properties) },
  };
}

/** The protocol has no "do not create" for producers: one that reconnects after a delete would make the topic again. */
export async function throwOnUnfitTopic(connection: Connection, topic: string, signal: AbortSignal): Promise<void> {
  const question = { topic, allowsAutoCreation: false };
  const answer = await connection.request((requestId) => ({ partitionedMetadata: { ...question, requestId } }), signal);
  const isPartitioned = (answer.partitionedMetadataResponse?.partitions ?? 0) > 0;
  if (isPartitioned) throw new PulsarError('NotAllowedError', `${topic} has partitions: open it as partitioned`);
}
