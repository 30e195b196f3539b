import { randomUUID } from 'node:crypto';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import { keptOf, type NodeAgent } from '../deploy/node-agent.ts';
import { type CdcNode, cdcChange, turnOnCdc } from '../deploy/turn-on-cdc.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import { adminOf, placeOf, restartWait } from './node-admin.ts';
import { nodesAtOnce } from './nodes-at-once.ts';
import type { PhaseContext } from './phase-context.ts';
import { showRoll } from './show-roll.ts';

const canaryTimeoutMs = 60_000;

/** In cdc mode: CDC is turned on where it is not, node by node or rack by rack, and a canary of each is seen before the next is touched. */
export async function cdcOfNodes(context: PhaseContext, agents: readonly NodeAgent[]): Promise<string> {
  const rolled = await turnOnCdc({
    ...restartWait(context),
    ring: agents.map(({ node }) => adminOf(node, context)),
    groups: await cdcGroups(agents, context),
    proveNode: ({ node }) => proveNode(agents.find((agent) => agent.node === node)!, context),
    report: context.report,
  });
  return rolled === 0 ? 'on already' : `turned on, on ${rolled} nodes`;
}

/** What would be done for that, as the nodes' hands show it. */
export async function showCdcOfNodes(context: PhaseContext, agents: readonly NodeAgent[]): Promise<void> {
  await showRoll(await cdcGroups(agents, context), cdcChange(context.signal), context);
}

/** Those whose cassandra.yaml the configuration lets us edit. */
function cdcGroups(agents: readonly NodeAgent[], context: PhaseContext): Promise<readonly (readonly CdcNode[])[]> {
  const nodes = agents.flatMap((agent) => {
    const { cassandraYaml, cdcRawDirectory } = placeOf(agent.node, context);
    if (cassandraYaml === undefined || cdcRawDirectory === undefined) return [];
    const own = { kept: keptOf(agent), folder: agent.settings.folder, owner: agent.shell };
    return [{ ...adminOf(agent.node, context), ...own, yaml: cassandraYaml, cdcRawDirectory }];
  });
  return nodesAtOnce(nodes, ({ node }) => node, context);
}

async function proveNode(agent: NodeAgent, { bus, source, report, signal }: PhaseContext): Promise<void> {
  await source.setCdc(await source.ensureCanaryTable(signal), true, signal);
  await ensureAgents({ nodes: [agent], report, signal });
  const nonce = randomUUID();
  const nodes = [agent.node];
  await waitForCanary({ bus, source, nodes, nonce, partitions: 1, timeoutMs: canaryTimeoutMs, report, signal });
}
