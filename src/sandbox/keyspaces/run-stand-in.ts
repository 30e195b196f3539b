import { restoreAccount, saveAccount } from './account-file.ts';
import { controlPlane } from './control-plane/control-plane.ts';
import { serveJson } from './control-plane/serve-json.ts';
import type { Faults } from './engine/fault-switches.ts';
import type { RuleChoice } from './rule-book.ts';
import { serveMetrics } from './serve-metrics.ts';
import { openStandInFolder, type StandInFolder } from './stand-in-folder.ts';
import { type StandIn, type StandInOptions, startStandIn } from './start-stand-in.ts';
import { streamsApi } from './streams/streams-api.ts';

export interface RunOptions {
  readonly dir: string;
  readonly backing: StandInOptions['backing'];
  /** Of CQL; the control plane and the metrics have the two ports after it. 0: any that are free. */
  readonly port: number;
  /** As system.peers shows them, this one included. */
  readonly nodes: number;
  readonly region: string;
  readonly rules: RuleChoice;
  readonly faults: Partial<Faults>;
  readonly seed: number;
  /** How long a CREATE, ALTER or DROP takes. */
  readonly definitionMs: number;
  readonly onBug: (error: unknown) => void;
  readonly signal: AbortSignal;
}

export interface RunningStandIn {
  readonly standIn: StandIn;
  readonly folder: StandInFolder;
  readonly endpoint: string;
  readonly controlPlaneUrl: string;
  readonly metricsUrl: string;
  close(): Promise<void>;
}

const accountId = '111122223333';
const host = '127.0.0.1';

/** Starts a stand-in with its control plane and metrics; what it had before it was stopped is there again. */
export async function runStandIn(options: RunOptions): Promise<RunningStandIn> {
  const { dir, port, nodes, region, definitionMs, signal } = options;
  const addresses = Array.from({ length: nodes }, (_, index) => (index === 0 ? host : `127.0.91.${index}`));
  const folder = openStandInFolder(dir, [...addresses, 'localhost', `cassandra.${region}.amazonaws.com`], accountId);
  const closers: (() => unknown)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const { certificate, user } = folder;
    const delays = { createMs: definitionMs, updateMs: definitionMs, deleteMs: definitionMs };
    const standIn = await startStandIn({ ...options, addresses, certificate, accountId, users: [user], delays });
    closers.push(() => standIn.close());
    await restoreAccount(standIn.state, folder.accountFile, signal);
    closers.push(saveAccount(standIn.state, folder.accountFile));
    const control = await serveJson({
      services: [controlPlane(standIn.state), streamsApi(standIn.streams, () => standIn.state.nowMs())],
      region,
      keys: () => [user],
      nowMs: () => Date.now(),
      host,
      port: port === 0 ? 0 : port + 1,
      tls: { key: certificate.keyPem, cert: certificate.pem },
    });
    closers.push(() => control.close());
    const metrics = await serveMetrics(standIn, host, port === 0 ? 0 : port + 2);
    closers.push(() => metrics.close());
    const endpoint = `${host}:${standIn.port}`;
    return { standIn, folder, endpoint, controlPlaneUrl: control.url, metricsUrl: metrics.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
