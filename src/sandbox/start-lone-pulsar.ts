import { findFreeEndpoints, freePort } from './free-endpoints.ts';
import { planSandbox } from './plan-sandbox.ts';
import type { PulsarLine } from './sandbox-release.ts';
import type { Sandbox } from './sandbox-state.ts';
import { startLoneServer } from './start-lone-server.ts';

export interface StartLonePulsarOptions {
  readonly dir: string;
  readonly line?: PulsarLine;
  /** With a functions worker, which takes longer to start. */
  readonly runsConnectors?: true;
  readonly signal?: AbortSignal | undefined;
}

/** Starts Pulsar without any Cassandra. */
export function startLonePulsar({ dir, signal, ...asked }: StartLonePulsarOptions): Promise<Sandbox> {
  return startLoneServer({ dir, server: 'pulsar', plan: (folder) => planPulsar(folder, asked), signal });
}

async function planPulsar(
  folder: string,
  { line = '4.0', runsConnectors }: Pick<StartLonePulsarOptions, 'line' | 'runsConnectors'>,
): Promise<Sandbox> {
  const planned = planSandbox(folder, '5.0', await findFreeEndpoints(folder, 1));
  const { pulsar } = planned;
  // 2.10 keeps its metadata in a ZooKeeper of its own, and both that and its bookie at ports it is told.
  const own =
    line === '2.10' ? { ...pulsar, innerPorts: await innerPorts([pulsar.brokerPort, pulsar.webPort]) } : pulsar;
  return {
    ...planned,
    pulsar: { ...own, ...(runsConnectors && { runsConnectors }) },
    ...(line !== '4.0' && { pulsarLine: line }),
  };
}

async function innerPorts(taken: readonly number[]) {
  const zooKeeper = await freePort(['127.0.0.1'], taken);
  return { zooKeeper, bookie: await freePort(['127.0.0.1'], [...taken, zooKeeper]) };
}
