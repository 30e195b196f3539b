import { agentToInstall } from '../config/agent-to-install.ts';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import { tablesOf } from '../model/schema.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import { agentsOf } from './agents-of.ts';
import { throwOnOtherMode } from './capture-mode.ts';
import { showCdcOfNodes } from './cdc-of-nodes.ts';
import { showDatastaxAgents } from './datastax-nodes.ts';
import type { PhaseContext } from './phase-context.ts';
import { throwOnMovedAgents } from './placed-agents.ts';

/**
 * What deploy-agent would do to each node, as its hands show it: the commands, and the lines of files that change. The hands of this
 * context must be such that show instead of acting.
 */
export async function showDeployAgent(context: PhaseContext): Promise<void> {
  const nodes = await context.source.nodes(context.signal);
  throwOnOtherMode(context.ledger.state.capture, context);
  throwOnMovedAgents(context.ledger.state.capture, nodes, context);
  if (agentToInstall(context.config)) await showDatastaxAgents(context);
  if (context.config.feed === 'datastax') return;
  const agents = await agentsOf(nodes, context.ledger.state.capture ?? (await captureToBe(context)), context);
  if (context.config.capture.mode === 'cdc') await showCdcOfNodes(context, agents);
  await ensureAgents({ nodes: agents, report: () => {}, signal: context.signal });
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
