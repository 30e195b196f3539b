import { PulsarAdminError } from './admin-http.ts';
import type {
  CompactionState,
  Creation,
  DeleteOptions,
  PartitionedTopicStats,
  ProducerStats,
  TopicStats,
} from './admin-types.ts';
import { encodePath, NamespaceAdmin } from './namespace-admin.ts';
import { fullTopicName } from './topic-name.ts';
import { parsePartitionedStats, parseTopicStats } from './topic-stats.ts';

/** The exact backlog, and how old it is: the cheaper defaults are estimates. */
const exactStats = { getPreciseBacklog: 'true', subscriptionBacklogSize: 'true', getEarliestTimeInBacklog: 'true' };
const earliest = { ledgerId: -1, entryId: -1, partitionIndex: -1 };

/**
 * The admin service, as far as we need it. Namespaces are `tenant/namespace`, topics `persistent://tenant/namespace/name`.
 * Every method throws PulsarAdminError; nothing is tried twice here.
 */
export class PulsarAdmin extends NamespaceAdmin {
  /** Whether a broker could publish and read a message on a topic of its own just now. */
  async isHealthy(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.get('brokers/health', signal);
      return true;
    } catch (error) {
      if (error instanceof PulsarAdminError && error.isTransient) return false;
      throw error;
    }
  }

  async brokerVersion(signal?: AbortSignal): Promise<string> {
    return String(await this.get('brokers/version', signal));
  }

  /** Full names, partitions one by one. */
  async topics(namespace: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.get(`persistent/${encodePath(namespace)}`, signal)) as string[];
  }

  createTopic(topic: string, signal?: AbortSignal): Promise<Creation> {
    return this.create({ method: 'PUT', path: topicPath(topic), signal });
  }

  /** 'present' says nothing about how many partitions it has: compare `partitionCount`. */
  createPartitionedTopic(topic: string, partitions: number, signal?: AbortSignal): Promise<Creation> {
    return this.create({ method: 'PUT', path: `${topicPath(topic)}/partitions`, body: partitions, signal });
  }

  /** More partitions; those there are stay. Fewer are refused. */
  async growPartitionedTopic(topic: string, partitions: number, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'POST', path: `${topicPath(topic)}/partitions`, body: partitions, signal });
  }

  /** 0 for a topic that is not partitioned, and for one that does not exist. */
  async partitionCount(topic: string, signal?: AbortSignal): Promise<number> {
    const found = (await this.get(`${topicPath(topic)}/partitions`, signal)) as { partitions: number };
    return found.partitions;
  }

  /** At the earliest message, on all partitions of a partitioned topic. One that is there stays where it is. */
  createSubscription(topic: string, subscription: string, signal?: AbortSignal): Promise<Creation> {
    // The body matters: without it the subscription begins at the latest message.
    const path = `${topicPath(topic)}/subscription/${encodeURIComponent(subscription)}`;
    return this.create({ method: 'PUT', path, body: earliest, signal });
  }

  async subscriptions(topic: string, signal?: AbortSignal): Promise<readonly string[]> {
    return (await this.get(`${topicPath(topic)}/subscriptions`, signal)) as string[];
  }

  async topicStats(topic: string, signal?: AbortSignal): Promise<TopicStats> {
    const path = `${topicPath(topic)}/stats`;
    return parseTopicStats(await this.http.call({ method: 'GET', path, query: exactStats, signal }));
  }

  async partitionedStats(topic: string, signal?: AbortSignal): Promise<PartitionedTopicStats> {
    const path = `${topicPath(topic)}/partitioned-stats`;
    const query = { ...exactStats, perPartition: 'true' };
    return parsePartitionedStats(await this.http.call({ method: 'GET', path, query, signal }));
  }

  /** Who produces to a topic just now: the holder of a lock. */
  async producers(topic: string, signal?: AbortSignal): Promise<readonly ProducerStats[]> {
    return (await this.topicStats(topic, signal)).producers;
  }

  /** Producers get TopicTerminatedError, consumers null after the last message. */
  async terminateTopic(topic: string, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'POST', path: `${topicPath(topic)}/terminate`, signal });
  }

  /** Whether the broker drops what a named producer sends twice; takes effect within about a second. */
  async setDeduplication(topic: string, isOn: boolean, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'POST', path: `${topicPath(topic)}/deduplicationEnabled`, body: isOn, signal });
  }

  /** Begins to write down the newest message of each key, for compacted reads. */
  async compactTopic(topic: string, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'PUT', path: `${topicPath(topic)}/compaction`, signal });
  }

  async compactionState(topic: string, signal?: AbortSignal): Promise<CompactionState> {
    const found = (await this.get(`${topicPath(topic)}/compaction`, signal)) as { status: CompactionState };
    return found.status;
  }

  /** Makes the broker close the topic and serve it anew: clients reconnect. */
  async unloadTopic(topic: string, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'PUT', path: `${topicPath(topic)}/unload`, signal });
  }

  /** Without force only a topic nobody is connected to; what it holds is gone either way. */
  async deleteTopic(topic: string, options: DeleteOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.delete(topicPath(topic), options, signal);
  }

  async deletePartitionedTopic(topic: string, options: DeleteOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.delete(`${topicPath(topic)}/partitions`, options, signal);
  }
}

function topicPath(topic: string): string {
  const [scheme = '', name = ''] = fullTopicName(topic).split('://');
  return `${scheme}/${encodePath(name)}`;
}
