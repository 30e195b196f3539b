import { randomUUID } from 'node:crypto';
import type { AgentConfig } from '../config/agent-config.ts';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import { keptOf, type NodeAgent } from '../deploy/node-agent.ts';
import type { NodeAdmin } from '../deploy/restart-node.ts';
import { type CdcNode, turnOnCdc } from '../deploy/turn-on-cdc.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import type { PhaseContext } from './phase-context.ts';

/** A node that has been restarted reads its commit log and meets its ring. */
const restartTimeoutMs = 600_000;
const canaryTimeoutMs = 60_000;

/** In cdc mode: CDC is turned on where it is not, node by node, and a canary of each is seen before the next is touched. */
export async function cdcOfNodes(context: PhaseContext, agents: readonly NodeAgent[]): Promise<string> {
  const { source, report, signal } = context;
  const rolled = await turnOnCdc({
    source,
    ring: agents.map((agent) => adminOf(agent, context)),
    nodes: cdcNodes(agents, context),
    timeoutMs: restartTimeoutMs,
    proveNode: ({ node }) => proveNode(agents.find((agent) => agent.node === node)!, context),
    report,
    signal,
  });
  return rolled === 0 ? 'on already' : `turned on, on ${rolled} nodes`;
}

export function adminOf(agent: NodeAgent, context: PhaseContext): NodeAdmin {
  const { nodetool, restart } = configOf(agent, context);
  return { node: agent.node, admin: agent.admin, nodetool, restart };
}

/** Those whose cassandra.yaml the configuration lets us edit, in its order. */
export function cdcNodes(agents: readonly NodeAgent[], context: PhaseContext): readonly CdcNode[] {
  const { agents: inOrder } = context.config.capture;
  const place = ({ node }: NodeAgent) => inOrder.findIndex((agent) => agent.node === node.address);
  return [...agents]
    .sort((one, other) => place(one) - place(other))
    .flatMap((agent) => {
      const { cassandraYaml, cdcRawDirectory } = configOf(agent, context);
      if (cassandraYaml === undefined || cdcRawDirectory === undefined) return [];
      return [{ ...adminOf(agent, context), kept: keptOf(agent), yaml: cassandraYaml, cdcRawDirectory }];
    });
}

function configOf({ node }: NodeAgent, { config }: PhaseContext): AgentConfig {
  return config.capture.agents.find((agent) => agent.node === node.address)!;
}

async function proveNode(agent: NodeAgent, { bus, source, report, signal }: PhaseContext): Promise<void> {
  await source.setCdc(await source.ensureCanaryTable(signal), true, signal);
  await ensureAgents({ nodes: [agent], report, signal });
  const nonce = randomUUID();
  const nodes = [agent.node];
  await waitForCanary({ bus, source, nodes, nonce, partitions: 1, timeoutMs: canaryTimeoutMs, report, signal });
}
