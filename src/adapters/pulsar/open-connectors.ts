import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { OperatorError } from '../../errors.ts';
import type { LocalArchive, SourceConnectors } from '../../ports/source-connectors.ts';
import { PulsarAdminError } from '../../wire/pulsar/admin-http.ts';
import { SourceAdmin, type SourceArchive, type SourceInstance } from '../../wire/pulsar/source-admin.ts';
import { askAdmin } from './admin-patience.ts';
import { type PulsarLogin, readLogin } from './read-login.ts';

export interface ConnectorsOptions extends PulsarLogin {
  readonly adminUrl: string;
  readonly tenant: string;
  readonly namespace: string;
  /** How long a worker that is starting is waited for. */
  readonly patienceMs?: number;
}

/** A worker says 503 until it has read its topics and loaded what is built in. */
const startingMs = 120_000;

/** Nothing is asked before the first call. */
export function openConnectors(options: ConnectorsOptions): SourceConnectors {
  const { adminUrl, tenant, namespace, patienceMs = startingMs } = options;
  let opening: Promise<SourceAdmin> | undefined;
  const admin = () => {
    opening ??= readLogin(options).then((login) => new SourceAdmin({ adminUrl, ...login }));
    return opening;
  };
  const place = (name: string) => ({ tenant, namespace, name });
  const ask = async <T>(expected: string, signal: AbortSignal | undefined, act: (admin: SourceAdmin) => Promise<T>) => {
    const opened = await admin();
    return askAdmin(expected, signal, () => act(opened), patienceMs);
  };

  return {
    read: async (name, signal) =>
      (await ask(`to read the connector ${name}`, signal, (sources) => sources.source(place(name), signal))) ??
      undefined,
    async create(definition, archive, signal) {
      const upload = archive && (await readArchive(archive, signal));
      await ask(`to create the connector ${definition.name}`, signal, async (sources) => {
        try {
          await sources.createSource(definition, upload, signal);
        } catch (error) {
          // A refusal like any other where one is there: by somebody else, or by an attempt whose answer was lost.
          if (!(error instanceof PulsarAdminError) || error.isTransient) throw error;
          if ((await sources.source(definition, signal)) === null) throw error;
        }
      });
    },
    async instances(name, signal) {
      const expected = `to read the status of the connector ${name}`;
      const { instances } = await ask(expected, signal, (sources) => sources.sourceStatus(place(name), signal));
      return (instances ?? []).map(instanceOf);
    },
  };
}

function instanceOf({ instanceId, status }: SourceInstance) {
  return {
    number: instanceId,
    isRunning: status.running,
    error: status.error || undefined,
    restarts: status.numRestarts,
    systemExceptions: status.numSystemExceptions,
  };
}

async function readArchive({ path, sha256 }: LocalArchive, signal?: AbortSignal): Promise<SourceArchive> {
  const next = 'take the archive from its release again, or mend datastax.connector.localArchive and sha256';
  const expected = `${path} with SHA-256 ${sha256}`;
  const content = await readFile(path, { signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new OperatorError({ expected, found: (cause as Error).message, next }, { cause });
  });
  const found = createHash('sha256').update(content).digest('hex');
  if (found !== sha256) throw new OperatorError({ expected, found: `a file with SHA-256 ${found}`, next });
  return { fileName: basename(path), content };
}
