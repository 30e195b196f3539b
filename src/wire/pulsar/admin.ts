import { type AdminCall, AdminHttp, PulsarAdminError } from './admin-http.ts';
import type {
  BacklogQuota,
  Creation,
  PartitionedTopicStats,
  ProducerStats,
  Retention,
  TopicStats,
} from './admin-types.ts';
import { fullTopicName } from './topic-name.ts';
import { parsePartitionedStats, parseTopicStats } from './topic-stats.ts';
import type { PulsarAuth } from './types.ts';

export interface PulsarAdminOptions {
  /** `http://host:8080`; for a private certificate authority set NODE_EXTRA_CA_CERTS. */
  readonly adminUrl: string;
  readonly auth?: PulsarAuth | undefined;
}

/** The exact backlog, and how old it is: the cheaper defaults are estimates. */
const exactStats = { getPreciseBacklog: 'true', subscriptionBacklogSize: 'true', getEarliestTimeInBacklog: 'true' };
const earliest = { ledgerId: -1, entryId: -1, partitionIndex: -1 };

/**
 * The admin service, as far as we need it. Namespaces are `tenant/namespace`, topics `persistent://tenant/namespace/name`.
 * Every method throws PulsarAdminError; nothing is tried twice here.
 */
export class PulsarAdmin {
  private readonly http: AdminHttp;

  constructor(options: PulsarAdminOptions) {
    this.http = new AdminHttp(options.adminUrl, options.auth);
  }

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

  /** On all clusters there are. */
  async createTenant(tenant: string, signal?: AbortSignal): Promise<Creation> {
    const allowedClusters = await this.get('clusters', signal);
    const path = `tenants/${encodeURIComponent(tenant)}`;
    return this.create({ method: 'PUT', path, body: { allowedClusters }, signal });
  }

  createNamespace(namespace: string, signal?: AbortSignal): Promise<Creation> {
    return this.create({ method: 'PUT', path: namespacePath(namespace), signal });
  }

  /** Null while the broker's default applies. */
  async retention(namespace: string, signal?: AbortSignal): Promise<Retention | null> {
    const answer = await this.get(`${namespacePath(namespace)}/retention`, signal);
    if (answer === null) return null;
    const found = answer as { retentionTimeInMinutes: number; retentionSizeInMB: number };
    return { timeMinutes: found.retentionTimeInMinutes, sizeMegabytes: found.retentionSizeInMB };
  }

  async setRetention(namespace: string, retention: Retention, signal?: AbortSignal): Promise<void> {
    const body = { retentionTimeInMinutes: retention.timeMinutes, retentionSizeInMB: retention.sizeMegabytes };
    await this.http.call({ method: 'POST', path: `${namespacePath(namespace)}/retention`, body, signal });
  }

  /** The quota on size; null while the broker's default applies. */
  async backlogQuota(namespace: string, signal?: AbortSignal): Promise<BacklogQuota | null> {
    type Found = { destination_storage?: { limitSize?: number; limit?: number; policy: BacklogQuota['policy'] } };
    const found = (await this.get(`${namespacePath(namespace)}/backlogQuotaMap`, signal)) as Found | null;
    const quota = found?.destination_storage;
    return quota ? { limitBytes: quota.limitSize ?? quota.limit ?? -1, policy: quota.policy } : null;
  }

  async setBacklogQuota(namespace: string, quota: BacklogQuota, signal?: AbortSignal): Promise<void> {
    const path = `${namespacePath(namespace)}/backlogQuota`;
    const query = { backlogQuotaType: 'destination_storage' };
    const body = { limitSize: quota.limitBytes, policy: quota.policy };
    await this.http.call({ method: 'POST', path, query, body, signal });
  }

  /** After how many seconds the broker acknowledges in our name; 0 is never, null while its default applies. */
  async messageTtlSeconds(namespace: string, signal?: AbortSignal): Promise<number | null> {
    return (await this.get(`${namespacePath(namespace)}/messageTTL`, signal)) as number | null;
  }

  async setMessageTtlSeconds(namespace: string, seconds: number, signal?: AbortSignal): Promise<void> {
    await this.http.call({ method: 'POST', path: `${namespacePath(namespace)}/messageTTL`, body: seconds, signal });
  }

  /** Null while the broker's default applies. */
  async allowsAutoTopicCreation(namespace: string, signal?: AbortSignal): Promise<boolean | null> {
    const found = await this.get(`${namespacePath(namespace)}/autoTopicCreation`, signal);
    return found === null ? null : (found as { allowAutoTopicCreation: boolean }).allowAutoTopicCreation;
  }

  /** Off, or a producer that reconnects after a delete makes the topic again, empty. */
  async forbidAutoTopicCreation(namespace: string, signal?: AbortSignal): Promise<void> {
    const path = `${namespacePath(namespace)}/autoTopicCreation`;
    await this.http.call({ method: 'POST', path, body: { allowAutoTopicCreation: false }, signal });
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

  async deleteNamespace(namespace: string, options: DeleteOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.delete(namespacePath(namespace), options, signal);
  }

  private get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.http.call({ method: 'GET', path, signal });
  }

  private async create(call: AdminCall): Promise<Creation> {
    try {
      await this.http.call(call);
      return 'created';
    } catch (error) {
      if (error instanceof PulsarAdminError && error.isAlreadyThere) return 'present';
      throw error;
    }
  }

  private async delete(path: string, options: DeleteOptions, signal?: AbortSignal): Promise<void> {
    const query = { force: String(options.isForced ?? false) };
    await this.http.call({ method: 'DELETE', path, query, signal });
  }
}

export interface DeleteOptions {
  readonly isForced?: boolean | undefined;
}

function namespacePath(namespace: string): string {
  return `namespaces/${encodePath(namespace)}`;
}

function topicPath(topic: string): string {
  const [scheme = '', name = ''] = fullTopicName(topic).split('://');
  return `${scheme}/${encodePath(name)}`;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
