import { randomUUID } from 'node:crypto';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import { keptOf, type NodeAgent } from '../deploy/node-agent.ts';
import { type CdcNode, turnOnCdc } from '../deploy/turn-on-cdc.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import { adminOf, inConfiguredOrder, placeOf, restartTimeoutMs } from './node-admin.ts';
import type { PhaseContext } from './phase-context.ts';

const canaryTimeoutMs = 60_000;

/** In cdc mode: CDC is turned on where it is not, node by node, and a canary of each is seen before the next is touched. */
export async function cdcOfNodes(context: PhaseContext, agents: readonly NodeAgent[]): Promise<string> {
  const { source, report, signal } = context;
  const rolled = await turnOnCdc({
    source,
    ring: agents.map(({ node }) => adminOf(node, context)),
    nodes: cdcNodes(agents, context),
    timeoutMs: restartTimeoutMs,
    proveNode: ({ node }) => proveNode(agents.find((agent) => agent.node === node)!, context),
    report,
    signal,
  });
  return rolled === 0 ? 'on already' : `turned on, on ${rolled} nodes`;
}

/** Those whose cassandra.yaml the configuration lets us edit, in its order. */
export function cdcNodes(agents: readonly NodeAgent[], context: PhaseContext): readonly CdcNode[] {
  return inConfiguredOrder(agents, ({ node }) => node, context).flatMap((agent) => {
    const { cassandraYaml, cdcRawDirectory } = placeOf(agent.node, context);
    if (cassandraYaml === undefined || cdcRawDirectory === undefined) return [];
    return [{ ...adminOf(agent.node, context), kept: keptOf(agent), yaml: cassandraYaml, cdcRawDirectory }];
  });
}

async function proveNode(agent: NodeAgent, { bus, source, report, signal }: PhaseContext): Promise<void> {
  await source.setCdc(await source.ensureCanaryTable(signal), true, signal);
  await ensureAgents({ nodes: [agent], report, signal });
  const nonce = randomUUID();
  const nodes = [agent.node];
  await waitForCanary({ bus, source, nodes, nonce, partitions: 1, timeoutMs: canaryTimeoutMs, report, signal });
}
