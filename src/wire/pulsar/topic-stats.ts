import type {
  ConsumerStats,
  PartitionedTopicStats,
  ProducerStats,
  SubscriptionStats,
  TopicStats,
} from './admin-types.ts';

type Json = Readonly<Record<string, unknown>>;

/** Reads the answer of `…/stats`; what an older broker leaves out is 0, empty or null. */
export function parseTopicStats(answer: unknown): TopicStats {
  const stats = objectOf(answer);
  return {
    storageBytes: numberOf(stats.storageSize),
    messagesIn: numberOf(stats.msgInCounter),
    bytesIn: numberOf(stats.bytesInCounter),
    deduplicationStatus: textOrNull(stats.deduplicationStatus),
    producers: listOf(stats.publishers).map(parseProducer),
    subscriptions: mapValues(stats.subscriptions, parseSubscription),
  };
}

/** Reads the answer of `…/partitioned-stats?perPartition=true`. */
export function parsePartitionedStats(answer: unknown): PartitionedTopicStats {
  return { ...parseTopicStats(answer), partitions: mapValues(objectOf(answer).partitions, parseTopicStats) };
}

function parseProducer(answer: unknown): ProducerStats {
  const producer = objectOf(answer);
  return {
    name: String(producer.producerName ?? ''),
    accessMode: String(producer.accessMode ?? 'Shared'),
    metadata: mapValues(producer.metadata, String),
    address: textOrNull(producer.address),
    connectedSince: textOrNull(producer.connectedSince),
  };
}

function parseSubscription(answer: unknown): SubscriptionStats {
  const subscription = objectOf(answer);
  const oldest = numberOf(subscription.earliestMsgPublishTimeInBacklog);
  const { type } = subscription;
  return {
    type: typeof type === 'string' && type !== 'None' ? type : null,
    backlogEntries: numberOf(subscription.msgBacklog),
    backlogBytes: numberOf(subscription.backlogSize),
    // 0 or -1 when there is no backlog, depending on the version.
    oldestBacklogPublishTimeMs: oldest > 0 ? oldest : null,
    unackedMessages: numberOf(subscription.unackedMessages),
    activeConsumerName: textOrNull(subscription.activeConsumerName),
    consumers: listOf(subscription.consumers).map(parseConsumer),
  };
}

function parseConsumer(answer: unknown): ConsumerStats {
  const consumer = objectOf(answer);
  return {
    name: String(consumer.consumerName ?? ''),
    metadata: mapValues(consumer.metadata, String),
    unackedMessages: numberOf(consumer.unackedMessages),
    address: textOrNull(consumer.address),
    connectedSince: textOrNull(consumer.connectedSince),
  };
}

function objectOf(value: unknown): Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapValues<T>(value: unknown, parse: (item: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(objectOf(value)).map(([key, item]) => [key, parse(item)]));
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
