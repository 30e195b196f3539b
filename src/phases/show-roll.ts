import { drainAndRestart } from '../deploy/restart-node.ts';
import type { RollingNode } from '../deploy/restart-with-cdc.ts';
import { workOn } from '../deploy/roll-nodes.ts';
import { restartWait } from './node-admin.ts';
import type { PhaseContext } from './phase-context.ts';

/** What rolling over these groups would do to each node: the lines that change, and the commands as its hands show them. */
export async function showRoll<Node extends RollingNode>(
  groups: readonly (readonly Node[])[],
  diffOf: (node: Node) => Promise<readonly string[]>,
  context: PhaseContext,
): Promise<void> {
  const wait = restartWait(context);
  const show = (step: string) => context.report({ kind: 'planned-step', phase: 'deploy-agent', step });
  for (const group of groups) {
    const works = await Promise.all(group.map((node) => workOn(node, { ...wait, diffOf })));
    const restarted = works.filter(({ due }) => due === 'restart');
    if (restarted.length > 1) show(`at the same time: ${restarted.map(({ node }) => node.node.address).join(', ')}`);
    for (const { node, diff } of restarted) {
      for (const line of diff) show(`on ${node.admin.name}: ${line}`);
      await drainAndRestart(node, { ...wait, isSilent: false });
    }
  }
}
