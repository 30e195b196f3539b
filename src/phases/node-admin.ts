import type { AgentConfig } from '../config/agent-config.ts';
import { restartAlone } from '../deploy/restart-alone.ts';
import type { NodeAdmin } from '../deploy/restart-node.ts';
import type { RestartWait } from '../deploy/wait-for-nodes.ts';
import { OperatorError } from '../errors.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { NodesContext } from './phase-context.ts';

/** For restarts: a node that has been restarted reads its commit log and meets its ring; one that is drained writes its memory out. */
export function restartWait({ source, signal }: NodesContext): RestartWait {
  return { source, timeoutMs: 600_000, commandTimeoutMs: 600_000, signal };
}

/** A node as its administrator reaches it, by its place in the configuration. */
export function adminOf(node: SourceNode, context: NodesContext): NodeAdmin {
  const { nodetool, restart } = placeOf(node, context);
  return { node, admin: context.handsOf(node.address).admin, nodetool, restart };
}

/** What the configuration says of a node. */
export function placeOf({ address }: SourceNode, { config }: NodesContext): AgentConfig {
  const agent = config.capture.agents.find(({ node }) => node === address);
  if (agent) return agent;
  const next = 'add it to capture.agents and repeat the command';
  throw new OperatorError({ expected: `how node ${address} is reached`, found: 'nothing in capture.agents', next });
}

/** In the order of the configuration, in which nodes are restarted. */
export function inConfiguredOrder<Each>(
  each: readonly Each[],
  nodeOf: (one: Each) => SourceNode,
  { config }: NodesContext,
): readonly Each[] {
  const order = config.capture.agents.map(({ node }) => node);
  return each.toSorted((one, other) => order.indexOf(nodeOf(one).address) - order.indexOf(nodeOf(other).address));
}

/** The nodes of a cluster while some of them are changed. */
export interface ChangingRing {
  readonly ring: readonly SourceNode[];
  /** Those of it that may be away at the same time. */
  readonly away: readonly SourceNode[];
}

/** Restarted while no other node is away but those of `away`, and said to be back. */
export async function restartInRing(
  node: SourceNode,
  { ring, away }: ChangingRing,
  context: NodesContext,
): Promise<void> {
  const admins = (nodes: readonly SourceNode[]) => nodes.map((each) => adminOf(each, context));
  await restartAlone(adminOf(node, context), { ring: admins(ring), away: admins(away) }, restartWait(context));
  const text = 'restarted, up and normal for every other node, and answers';
  context.report({ kind: 'node-step', node: node.address, text });
}
