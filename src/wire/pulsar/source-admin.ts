import { AdminHttp, type AdminHttpOptions, PulsarAdminError } from './admin-http.ts';
import { encodePath } from './namespace-admin.ts';

/** As much of Pulsar's `SourceConfig` as it takes and gives back. */
export interface SourceConfig {
  readonly tenant: string;
  readonly namespace: string;
  readonly name: string;
  readonly topicName: string;
  readonly parallelism: number;
  readonly configs: Readonly<Record<string, unknown>>;
  /** `builtin://name`; absent where an archive was uploaded. */
  readonly archive?: string;
}

export interface SourceStatus {
  readonly numInstances: number;
  readonly numRunning: number;
  readonly instances: readonly SourceInstance[];
}

export interface SourceInstance {
  readonly instanceId: number;
  readonly status: {
    readonly running: boolean;
    readonly error: string | null;
    readonly numRestarts: number;
    readonly numSystemExceptions: number;
  };
}

export interface SourceArchive {
  readonly fileName: string;
  readonly content: Buffer;
}

/** A hundred megabytes over a slow line, and then the worker loads every class of it. */
const uploadTimeoutMs = 600_000;

/** Source connectors, by the functions worker behind the admin service. Every method throws PulsarAdminError; nothing is tried twice. */
export class SourceAdmin {
  private readonly http: AdminHttp;

  constructor(options: AdminHttpOptions) {
    this.http = new AdminHttp(options);
  }

  /** Null where there is none of that name. */
  async source(place: SourcePlace, signal?: AbortSignal): Promise<SourceConfig | null> {
    try {
      return (await this.http.call({ method: 'GET', api: 'v3', path: pathOf(place), signal })) as SourceConfig;
    } catch (error) {
      if (error instanceof PulsarAdminError && error.isNotFound) return null;
      throw error;
    }
  }

  /** With an archive, or with the built-in one that the config names. Refused (400) where one of that name is there. */
  async createSource(config: SourceConfig, archive?: SourceArchive, signal?: AbortSignal): Promise<void> {
    const form = [
      { name: 'sourceConfig', type: 'application/json', content: Buffer.from(JSON.stringify(config)) },
      ...(archive
        ? [
            {
              ...{ name: 'data', type: 'application/octet-stream' },
              ...{ content: archive.content, fileName: archive.fileName },
            },
          ]
        : []),
    ];
    const path = pathOf(config);
    await this.http.call({ method: 'POST', api: 'v3', path, form, timeoutMs: uploadTimeoutMs, signal });
  }

  async sourceStatus(place: SourcePlace, signal?: AbortSignal): Promise<SourceStatus> {
    const path = `${pathOf(place)}/status`;
    return (await this.http.call({ method: 'GET', api: 'v3', path, signal })) as SourceStatus;
  }
}

type SourcePlace = Pick<SourceConfig, 'tenant' | 'namespace' | 'name'>;

function pathOf({ tenant, namespace, name }: SourcePlace): string {
  return `sources/${encodePath(`${tenant}/${namespace}/${name}`)}`;
}
