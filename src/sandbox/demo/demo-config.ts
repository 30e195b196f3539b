import { stringify } from 'yaml';
import type { StandInFacts } from '../keyspaces/stand-in-facts.ts';
import type { Sandbox, SandboxNode } from '../sandbox-state.ts';
import { ttlTolerance } from './compare-rows.ts';
import type { DemoFolder } from './demo-folder.ts';

export const demoKeyspace = 'shop';
export const movedKeyspace = 'shop_moved';

/** The cdcmig.yaml of the demo: what an operator would write for the sandbox. Without a stand-in the target is a Cassandra. */
export function demoConfig(
  sandbox: Sandbox,
  standIn: StandInFacts | undefined,
  folder: DemoFolder,
  feed: DemoFeed = 'cdcmig',
): string {
  return stringify({
    migration: 'demo',
    source: { ...clusterOf(sandbox.source), keyspace: demoKeyspace },
    target: { keyspace: movedKeyspace, ...(standIn ? keyspacesSection(standIn) : cassandraOf(sandbox.target)) },
    pulsar: { serviceUrl: sandbox.pulsar.serviceUrl, adminUrl: sandbox.pulsar.adminUrl, changesPartitions: 4 },
    ...(feed === 'datastax' ? datastaxSection(sandbox) : captureSection(sandbox, folder)),
    workers: { local: 1, folder: folder.workers },
    // Small, so that several workers have a share of the little there is.
    snapshot: { megabytesPerSplit: 1 },
    // As compare-rows.ts has it.
    validation: { expirySeconds: ttlTolerance },
  });
}

/** Whose agents tell of the changes; of `datastax` a stand-in for them. */
export type DemoFeed = 'cdcmig' | 'datastax';

function captureSection({ source }: Sandbox, folder: DemoFolder) {
  const agents = source.map(({ address, commitLogDir }, index) => ({
    node: address,
    commitLogDirectory: commitLogDir,
    folder: folder.agents[index]!,
  }));
  return { capture: { agents } };
}

/** The stand-in for its agent runs beside any Cassandra, and loses no time between its canaries and its changes. */
function datastaxSection({ cassandra }: Sandbox) {
  return { feed: 'datastax', datastax: { settleSeconds: 2, vouchedFor: [cassandra] } };
}

/** The target section for a stand-in, but its keyspace. */
function keyspacesSection({ region, endpoint, controlPlaneUrl, caFile }: StandInFacts) {
  // A stand-in on the same machine answers at once or never.
  const requestTimeoutMs = 2_000;
  return { kind: 'keyspaces', region, endpoint, controlPlaneUrl, tlsCaFile: caFile, requestTimeoutMs };
}

function cassandraOf(node: SandboxNode) {
  return { ...clusterOf([node]), replication: { class: 'NetworkTopologyStrategy', [node.datacenter]: '1' } };
}

function clusterOf(nodes: readonly SandboxNode[]) {
  return {
    contactPoints: nodes.map(({ address, cqlPort }) => `${address}:${cqlPort}`),
    datacenter: nodes[0]!.datacenter,
  };
}
