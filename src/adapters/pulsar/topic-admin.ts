import { OperatorError } from '../../errors.ts';
import type { Backlog, TopicFacts } from '../../ports/message-bus.ts';
import type { PulsarAdmin } from '../../wire/pulsar/admin.ts';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import type { SubscriptionStats, TopicStats } from '../../wire/pulsar/admin-types.ts';
import { askAdmin } from './admin-patience.ts';

/** Creates or verifies; OperatorError when it is there with another number of partitions. */
export async function ensureTopic(
  admin: PulsarAdmin,
  topic: string,
  partitionCount: number,
  signal?: AbortSignal,
): Promise<void> {
  const expected = `a topic ${topic} with ${partitionsText(partitionCount)}`;
  await askAdmin(expected, signal, () =>
    partitionCount === 0
      ? admin.createTopic(topic, signal)
      : admin.createPartitionedTopic(topic, partitionCount, signal),
  );
  const found = await askAdmin(expected, signal, () => admin.partitionCount(topic, signal));
  if (found !== partitionCount) throw otherShape(expected, found);
}

/** Creates or verifies at the earliest position, on every partition; never moves one that exists. */
export async function ensureSubscription(
  admin: PulsarAdmin,
  topic: string,
  subscription: string,
  signal?: AbortSignal,
): Promise<void> {
  const expected = `a subscription ${subscription} on ${topic}`;
  await askAdmin(expected, signal, () => admin.createSubscription(topic, subscription, signal));
  // "Created" and "present" may both be true of some partitions only.
  const partitions = (await partitionsOf(admin, topic, signal)) ?? [];
  const without = partitions.filter((partition) => !(subscription in partition.stats.subscriptions));
  if (partitions.length > 0 && without.length === 0) return;
  throw new OperatorError({
    expected,
    found: `none on ${without.map((partition) => partition.name).join(', ') || 'any partition'}`,
    next: 'run again; if it stays so, see the log of the broker',
  });
}

/** Undefined when there is no such topic. */
export async function describeTopic(
  admin: PulsarAdmin,
  topic: string,
  namespace: string,
  signal?: AbortSignal,
): Promise<TopicFacts | undefined> {
  const partitions = await partitionsOf(admin, topic, signal);
  if (!partitions) return undefined;
  const retention = await askAdmin(`to read the retention of ${namespace}`, signal, () =>
    admin.retention(namespace, signal),
  );
  const everywhere = (name: string) => partitions.every((partition) => name in partition.stats.subscriptions);
  return {
    partitionCount: partitions[0]!.name === topic ? 0 : partitions.length,
    subscriptions: Object.keys(partitions[0]!.stats.subscriptions).filter(everywhere),
    isRetentionInfinite: retention?.timeMinutes === -1 && retention.sizeMegabytes === -1,
  };
}

/** Not where it is under way already, nor where we have no right to; see MessageBus. */
export async function compactTopic(admin: PulsarAdmin, topic: string, signal?: AbortSignal): Promise<void> {
  try {
    await admin.compactTopic(topic, signal);
  } catch (error) {
    if (!(error instanceof PulsarAdminError)) throw error;
  }
}

/** Over all partitions; a consumer counts only when every partition has one. */
export async function readBacklog(
  admin: PulsarAdmin,
  topic: string,
  subscription: string,
  signal?: AbortSignal,
): Promise<Backlog> {
  const partitions = (await partitionsOf(admin, topic, signal)) ?? [];
  const stats = partitions.map((partition) => partition.stats.subscriptions[subscription]);
  if (stats.length === 0 || !stats.every((one) => one !== undefined)) throw noSubscription(topic, subscription);
  return sumBacklogs(stats);
}

interface Partition {
  readonly name: string;
  readonly stats: TopicStats;
}

/** One for a topic that is not partitioned, with the topic's own name; undefined when there is none. */
async function partitionsOf(
  admin: PulsarAdmin,
  topic: string,
  signal?: AbortSignal,
): Promise<readonly Partition[] | undefined> {
  return askAdmin(`to read the state of ${topic}`, signal, async () => {
    try {
      const count = await admin.partitionCount(topic, signal);
      const names = Array.from({ length: count }, (_, partition) => `${topic}-partition-${partition}`);
      // One by one: the sum that the broker makes leaves out partitions that it has not loaded.
      const read = async (name: string) => ({ name, stats: await admin.topicStats(name, signal) });
      return await Promise.all((count === 0 ? [topic] : names).map(read));
    } catch (error) {
      if (error instanceof PulsarAdminError && error.isNotFound) return undefined;
      throw error;
    }
  });
}

function sumBacklogs(stats: readonly SubscriptionStats[]): Backlog {
  const oldest = stats.map((one) => one.oldestBacklogPublishTimeMs).filter((atMs) => atMs !== null);
  return {
    entries: stats.reduce((sum, one) => sum + one.backlogEntries, 0),
    bytes: stats.reduce((sum, one) => sum + one.backlogBytes, 0),
    oldestPublishedAtMs: oldest.length > 0 ? Math.min(...oldest) : undefined,
    hasConsumer: stats.every((one) => one.consumers.length > 0),
    mostConsumers: Math.max(...stats.map((one) => one.consumers.length)),
  };
}

function partitionsText(count: number): string {
  return count === 0 ? 'no partitions' : `${count} partitions`;
}

function otherShape(expected: string, found: number): OperatorError {
  const next = 'configure the number it has, or take another namespace; partitions of a topic in use cannot be changed';
  return new OperatorError({ expected, found: `one with ${partitionsText(found)}`, next });
}

function noSubscription(topic: string, subscription: string): OperatorError {
  return new OperatorError({
    expected: `a subscription ${subscription} on ${topic}`,
    found: 'none, or not on every partition',
    next: 'cdcmig run --phase deploy-agent creates it, at the earliest message',
  });
}
