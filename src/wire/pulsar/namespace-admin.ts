import { type AdminCall, AdminHttp, type AdminHttpOptions, PulsarAdminError } from './admin-http.ts';
import type { BacklogQuota, Creation, DeleteOptions, Retention } from './admin-types.ts';

/** Tenants, namespaces and their policies. */
export class NamespaceAdmin {
  protected readonly http: AdminHttp;

  constructor(options: AdminHttpOptions) {
    this.http = new AdminHttp(options);
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

  async deleteNamespace(namespace: string, options: DeleteOptions = {}, signal?: AbortSignal): Promise<void> {
    await this.delete(namespacePath(namespace), options, signal);
  }

  protected get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.http.call({ method: 'GET', path, signal });
  }

  protected async create(call: AdminCall): Promise<Creation> {
    try {
      await this.http.call(call);
      return 'created';
    } catch (error) {
      if (error instanceof PulsarAdminError && error.isAlreadyThere) return 'present';
      throw error;
    }
  }

  protected async delete(path: string, options: DeleteOptions, signal?: AbortSignal): Promise<void> {
    const query = { force: String(options.isForced ?? false) };
    await this.http.call({ method: 'DELETE', path, query, signal });
  }
}

function namespacePath(namespace: string): string {
  return `namespaces/${encodePath(namespace)}`;
}

export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
