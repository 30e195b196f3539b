import { groupByGroup } from '../deploy/group-by-group.ts';
import type { NodeAgent } from '../deploy/node-agent.ts';
import { nodesEnded } from '../deploy/nodes-ended.ts';
import type { WhatIsBack } from '../deploy/put-back.ts';
import { removeAgent } from '../deploy/remove-agent.ts';
import { stopAgents } from '../deploy/stop-agents.ts';
import { tablesOf } from '../model/schema.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import { agentsOf } from './agents-of.ts';
import { removeDatastaxAgent } from './datastax-nodes.ts';
import { captureOf } from './deploy-agent.ts';
import { type ChangingRing, restartInRing } from './node-admin.ts';
import { nodesAtOnce } from './nodes-at-once.ts';
import type { NodesContext } from './phase-context.ts';
import { throwOnMovedAgents, withoutPlacedAgents } from './placed-agents.ts';

export interface UndoOptions {
  /** The agents' folders and what was changed on the nodes stay, so that deploy-agent goes on where they were. */
  readonly keepsFolders: boolean;
}

/**
 * Puts back the tables' cdc option, then takes from each node, one after the other, all that was put there, and puts back what
 * was changed. Topics and what they hold stay. May be repeated.
 */
export async function undoDeployAgent(context: NodesContext, { keepsFolders }: UndoOptions): Promise<void> {
  const { config, source, ledger, report, signal } = context;
  const capture = captureOf((await ledger.refresh(signal)).capture);
  const ring = await source.nodes(signal);
  throwOnMovedAgents(capture, ring, context);
  tellWhoIsGone(capture, ring, context);
  const undone: CaptureRecord = { ...capture, isUndone: true };
  await ledger.append({ kind: 'capture-prepared', capture: undone });
  // First: a table with the option and nobody who takes its segments away would fill cdc_raw until writes are rejected. Also
  // of tables that are moved no more.
  for (const table of tablesOf(await source.schema(config.source.keyspace, signal)))
    if (capture.cdcTurnedOn.includes(table.name)) await source.setCdc(table, false, signal);
  const undo = { context, keepsFolders, ring };
  const done = capture.datastax ? await undoDatastax(capture, undo) : await undoOurs(capture, undo);
  if (!keepsFolders) await ledger.append({ kind: 'capture-prepared', capture: withoutPlacedAgents(undone) });
  report({ kind: 'step-finished', phase: 'deploy-agent', step: 'undo', note: done });
}

interface Undo extends UndoOptions {
  readonly context: NodesContext;
  /** Also the nodes that have joined since: none is restarted while one of them is away. */
  readonly ring: readonly SourceNode[];
}

function tellWhoIsGone({ nodes }: CaptureRecord, ring: readonly SourceNode[], { report }: NodesContext): void {
  for (const gone of nodes.filter(({ hostId }) => !ring.some((node) => node.hostId === hostId)))
    report({
      kind: 'warning',
      text: `node ${gone.address} (${gone.hostId}) is in the ring no more: what was put on its machine stays there`,
    });
}

function nodesOf(capture: CaptureRecord, ring: readonly SourceNode[]): readonly SourceNode[] {
  const captured = new Set(capture.nodes.map(({ hostId }) => hostId));
  return ring.filter(({ hostId }) => captured.has(hostId));
}

async function undoOurs(capture: CaptureRecord, { context, keepsFolders, ring }: Undo): Promise<string> {
  const agents = await agentsOf(nodesOf(capture, ring), capture, context);
  if (keepsFolders) await stopAgents(agents, context.signal);
  else
    await undoEach(
      agents,
      ({ node }) => node,
      context,
      (agent, away) => undoNode(agent, { ring, away }, context),
    );
  return `${agents.length} agents ${keepsFolders ? 'stopped' : 'removed'}`;
}

/** They run inside of the nodes: without the option they have nothing to tell, and cannot be stopped but with their node. */
async function undoDatastax(capture: CaptureRecord, { context, keepsFolders, ring }: Undo): Promise<string> {
  if (!capture.hasDatastaxInstalled || keepsFolders) return 'option cdc put back';
  const nodes = nodesOf(capture, ring);
  const undo = (node: SourceNode, away: readonly SourceNode[]) => undoDatastaxNode(node, { ring, away }, context);
  await undoEach(nodes, (node) => node, context, undo);
  return `option cdc put back, ${nodes.length} DataStax agents removed`;
}

/** Those that may be away at the same time together; all others one after the other. */
async function undoEach<Each>(
  each: readonly Each[],
  nodeOf: (one: Each) => SourceNode,
  context: NodesContext,
  undo: (one: Each, away: readonly SourceNode[]) => Promise<void>,
): Promise<void> {
  const groups = await nodesAtOnce(each, nodeOf, context);
  const next = 'mend what is said above and repeat the command, which goes on there';
  await groupByGroup({ groups, nodeOf, what: 'the agents taken from', next }, async (group, done) => {
    const away = group.map(nodeOf);
    await nodesEnded(group.map((one) => undo(one, away).then(() => done(one))));
  });
}

async function undoDatastaxNode(node: SourceNode, ring: ChangingRing, context: NodesContext): Promise<void> {
  const say = (text: string) => context.report({ kind: 'node-step', node: node.address, text });
  const { back, folder } = await removeDatastaxAgent(node, ring, context);
  sayWhatIsBack(back, folder, say);
}

async function undoNode(agent: NodeAgent, ring: ChangingRing, context: NodesContext): Promise<void> {
  const { report, signal } = context;
  const say = (text: string) => report({ kind: 'node-step', node: agent.node.address, text });
  if (!agent.isOurs) return say('its agent is for those to remove who put it there');
  const restart = () => restartInRing(agent.node, ring, context);
  sayWhatIsBack(await removeAgent(agent, restart, signal), agent.settings.folder, say);
}

function sayWhatIsBack({ restored, left }: WhatIsBack, folder: string, say: (text: string) => void): void {
  for (const { path } of restored) say(`${path} is what it was, byte for byte`);
  say('nothing of the agent is left');
  if (left.length > 0) say(`${folder} stays: others keep ${left.join(', ')} there`);
}
