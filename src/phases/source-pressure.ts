import type { AgentState } from '../model/agent-state.ts';
import type { PendingCompactions } from '../ports/source-cluster.ts';

/** What the nodes of the source, and their agents, said last. */
export interface SourceFacts {
  readonly agents: readonly AgentState[];
  readonly compactions: readonly PendingCompactions[];
}

/**
 * Why nothing may be read of the source; undefined: nothing is against it. `isHeld`: nothing is read at the moment, so that
 * a node has to work off half of what is too much before reading begins again.
 */
export function pressureOf(
  { agents, compactions }: SourceFacts,
  { mostPendingCompactions: most }: { readonly mostPendingCompactions: number },
  isHeld: boolean,
): string | undefined {
  const critical = agents.find(({ level }) => level === 'critical');
  if (critical) {
    const percent = Math.round((100 * critical.fill.bytes) / critical.fill.limitBytes);
    return `held by: the source, ${critical.fill.limitedBy} of node ${critical.node} is ${percent} % full of unpublished changes`;
  }
  const bound = isHeld ? most / 2 : most;
  const behind = most > 0 && compactions.find(({ pending = 0 }) => pending > bound);
  if (behind) return `held by: the source, more than ${most} compactions wait on node ${behind.address}`;
  return undefined;
}
