import { agentToInstall } from '../config/agent-to-install.ts';
import { type Sentence, throwIfAny } from '../errors.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { CaptureRecord, PlacedAgent } from '../state/ledger-event.ts';
import type { PhaseContext } from './phase-context.ts';

/** Where the configuration has deploy-agent put a node's agent; undefined where others do. */
export function placedAgent(
  { address }: Pick<SourceNode, 'address'>,
  { config }: Pick<PhaseContext, 'config'>,
): PlacedAgent | undefined {
  const entry = config.capture.agents.find(({ node }) => node === address);
  if (!entry || entry.supervisor === 'external') return undefined;
  if (config.feed === 'datastax' && !agentToInstall(config)) return undefined;
  const { folder, supervisor } = entry;
  return { folder, supervisor };
}

/**
 * OperatorError where an agent was put elsewhere than the configuration says now: a second one would run beside it, the file that the
 * first has changed would be kept as the original, and undo would find nothing and say that nothing is left.
 */
export function throwOnMovedAgents(
  capture: CaptureRecord | undefined,
  nodes: readonly SourceNode[],
  context: Pick<PhaseContext, 'config'>,
): void {
  const faults = (capture?.nodes ?? []).flatMap(({ hostId, placed }): readonly Sentence[] => {
    const node = nodes.find((each) => each.hostId === hostId);
    if (!placed || !node) return [];
    const now = placedAgent(node, context);
    if (now && now.folder === placed.folder && now.supervisor === placed.supervisor) return [];
    return [
      {
        expected: `the agent of node ${node.address} where deploy-agent put it: ${placeText(placed)}`,
        found: now ? placeText(now) : 'a configuration in which it is not ours',
        next: 'put that back in capture.agents; to have it elsewhere, run cdcmig undo deploy-agent with it first',
      },
    ];
  });
  throwIfAny(faults);
}

/** After an undo nothing is anywhere. */
export function withoutPlacedAgents(capture: CaptureRecord): CaptureRecord {
  return { ...capture, nodes: capture.nodes.map(({ placed: _, ...node }) => node) };
}

function placeText({ folder, supervisor }: PlacedAgent): string {
  return `folder ${folder}, supervisor ${supervisor}`;
}
