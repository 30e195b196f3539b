import { agentToInstall } from '../config/agent-to-install.ts';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import type { NodeAgent } from '../deploy/node-agent.ts';
import { drainAndRestart } from '../deploy/restart-node.ts';
import { cdcDiff } from '../deploy/turn-on-cdc.ts';
import { tablesOf } from '../model/schema.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import { agentsOf } from './agents-of.ts';
import { cdcNodes } from './cdc-of-nodes.ts';
import { showDatastaxAgents } from './datastax-nodes.ts';
import type { PhaseContext } from './phase-context.ts';

/**
 * What deploy-agent would do to each node, as its hands show it: the commands, and the lines of files that change. The hands of this
 * context must be such that show instead of acting.
 */
export async function showDeployAgent(context: PhaseContext): Promise<void> {
  if (agentToInstall(context.config)) await showDatastaxAgents(context);
  if (context.config.feed === 'datastax') return;
  const nodes = await context.source.nodes(context.signal);
  const agents = await agentsOf(nodes, context.ledger.state.capture ?? (await captureToBe(context)), context);
  for (const agent of agents) await showNode(agent, context);
}

async function showNode(agent: NodeAgent, context: PhaseContext): Promise<void> {
  const { config, report, signal } = context;
  const [node] = config.capture.mode === 'cdc' ? cdcNodes([agent], context) : [];
  const diff = node ? await cdcDiff(node, signal) : [];
  for (const line of diff)
    report({ kind: 'planned-step', phase: 'deploy-agent', step: `on ${agent.admin.name}: ${node!.yaml} ${line}` });
  if (node && diff.length > 0) await drainAndRestart(node, signal);
  await ensureAgents({ nodes: [agent], report: () => {}, signal });
}

/** Before the first deploy-agent: what it would write into the ledger, as far as an agent's settings rest on it. */
async function captureToBe({ config, source, tables, signal }: PhaseContext): Promise<CaptureRecord> {
  const all = tablesOf(await source.schema(config.source.keyspace, signal));
  return {
    mode: config.capture.mode,
    nodes: [],
    changesPartitions: config.pulsar.changesPartitions,
    tables: tables.map(({ name, id }) => ({ name, id })),
    keyspaceTableIds: all.map(({ id }) => id),
    counterTableIds: all.filter(({ isCounter }) => isCounter).map(({ id }) => id),
    canaryTableId: 'known once the canary table is created',
    cdcTurnedOn: [],
  };
}
