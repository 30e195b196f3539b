import type { NodeAgent } from '../deploy/node-agent.ts';
import { removeAgent } from '../deploy/remove-agent.ts';
import { drainAndRestart, waitForNode } from '../deploy/restart-node.ts';
import { stopAgents } from '../deploy/stop-agents.ts';
import { agentsOf } from './agents-of.ts';
import { adminOf } from './cdc-of-nodes.ts';
import { captureOf } from './deploy-agent.ts';
import type { PhaseContext } from './phase-context.ts';

export interface UndoOptions {
  /** The agents' folders and what was changed on the nodes stay, so that deploy-agent goes on where they were. */
  readonly keepsFolders: boolean;
}

/**
 * Puts back the tables' cdc option, then takes from each node, one after the other, all that was put there, and puts back what
 * was changed. Topics and what they hold stay. May be repeated.
 */
export async function undoDeployAgent(context: PhaseContext, { keepsFolders }: UndoOptions): Promise<void> {
  const { source, ledger, tables, report, signal } = context;
  const capture = captureOf((await ledger.refresh(signal)).capture);
  const captured = new Set(capture.nodes.map((node) => node.hostId));
  const nodes = (await source.nodes(signal)).filter((node) => captured.has(node.hostId));
  // First: a table with the option and nobody who takes its segments away would fill cdc_raw until writes are rejected.
  for (const table of tables.filter(({ name }) => capture.cdcTurnedOn.includes(name)))
    await source.setCdc(table, false, signal);
  // DataStax's run inside the nodes: without the option they have nothing to tell.
  const agents = capture.datastax ? [] : await agentsOf(nodes, capture, context);
  if (keepsFolders) await stopAgents(agents, signal);
  else for (const agent of agents) await undoNode(agent, agents, context);
  report({
    kind: 'step-finished',
    phase: 'deploy-agent',
    step: 'undo',
    note: capture.datastax ? 'option cdc put back' : `${nodes.length} agents ${keepsFolders ? 'stopped' : 'removed'}`,
  });
}

const restartTimeoutMs = 600_000;

async function undoNode(agent: NodeAgent, ring: readonly NodeAgent[], context: PhaseContext): Promise<void> {
  const { report, signal } = context;
  const say = (text: string) => report({ kind: 'node-step', node: agent.node.address, text });
  if (!agent.isOurs) return say('its agent is for those to remove who put it there');
  const restart = async () => {
    await restartNode(agent, ring, context);
    say('restarted, up and normal for every other node, and answers');
  };
  const { restored, left } = await removeAgent(agent, restart, signal);
  for (const { path } of restored) say(`${path} is what it was, byte for byte`);
  say('nothing of the agent is left');
  if (left.length > 0) say(`${agent.settings.folder} stays: others keep ${left.join(', ')} there`);
}

async function restartNode(agent: NodeAgent, ring: readonly NodeAgent[], context: PhaseContext): Promise<void> {
  const { source, signal } = context;
  const [admin, all] = [adminOf(agent, context), ring.map((each) => adminOf(each, context))];
  const others = all.filter(({ node }) => node !== agent.node);
  const wait = { source, timeoutMs: restartTimeoutMs, signal };
  // Nobody is stopped while another is away.
  for (const other of others) await waitForNode(other, { ...wait, others: all.filter((each) => each !== other) });
  await drainAndRestart(admin, signal);
  await waitForNode(admin, { ...wait, others });
}
