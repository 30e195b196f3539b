import { stopAgents } from '../deploy/stop-agents.ts';
import { agentsOf } from './agents-of.ts';
import { captureOf } from './deploy-agent.ts';
import type { PhaseContext } from './phase-context.ts';

/** Stops the agents and puts back the tables' cdc option. Topics and what they hold stay. May be repeated. */
export async function undoDeployAgent(context: PhaseContext): Promise<void> {
  const { source, ledger, tables, report, signal } = context;
  const capture = captureOf((await ledger.refresh(signal)).capture);
  const captured = new Set(capture.nodes.map((node) => node.hostId));
  const nodes = (await source.nodes(signal)).filter((node) => captured.has(node.hostId));
  // DataStax's run inside the nodes: without the option they have nothing to tell.
  if (!capture.datastax) await stopAgents(await agentsOf(nodes, capture, context), signal);
  for (const table of tables.filter(({ name }) => capture.cdcTurnedOn.includes(name)))
    await source.setCdc(table, false, signal);
  report({
    kind: 'step-finished',
    phase: 'deploy-agent',
    step: 'undo',
    note: capture.datastax ? 'option cdc put back' : `${nodes.length} agents stopped`,
  });
}
