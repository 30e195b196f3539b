import { stringify } from 'yaml';
import type { Sandbox, SandboxNode } from '../sandbox-state.ts';
import type { DemoFolder } from './demo-folder.ts';

export const demoKeyspace = 'shop';
export const movedKeyspace = 'shop_moved';

/** The cdcmig.yaml of the demo: what an operator would write for the sandbox. */
export function demoConfig(sandbox: Sandbox, folder: DemoFolder): string {
  return stringify({
    migration: 'demo',
    source: { ...clusterOf(sandbox.source), keyspace: demoKeyspace },
    target: {
      ...clusterOf([sandbox.target]),
      keyspace: movedKeyspace,
      replication: { class: 'NetworkTopologyStrategy', [sandbox.target.datacenter]: '1' },
    },
    pulsar: { serviceUrl: sandbox.pulsar.serviceUrl, adminUrl: sandbox.pulsar.adminUrl, changesPartitions: 4 },
    capture: {
      agents: sandbox.source.map(({ address, commitLogDir }, index) => ({
        node: address,
        commitLogDirectory: commitLogDir,
        folder: folder.agents[index]!,
      })),
    },
    workers: { local: 1, folder: folder.workers },
    // Small, so that several workers have a share of the little there is.
    snapshot: { megabytesPerSplit: 1 },
  });
}

function clusterOf(nodes: readonly SandboxNode[]) {
  return {
    contactPoints: nodes.map(({ address, cqlPort }) => `${address}:${cqlPort}`),
    datacenter: nodes[0]!.datacenter,
  };
}
