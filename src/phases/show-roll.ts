import { drainAndRestart } from '../deploy/restart-node.ts';
import { dueFile, type RollingNode, restartedNote } from '../deploy/restart-with-cdc.ts';
import { type FileChange, noteAndWrite, type Work, workOn } from '../deploy/roll-nodes.ts';
import { isAnswering } from '../deploy/wait-for-nodes.ts';
import { restartWait } from './node-admin.ts';
import type { PhaseContext } from './phase-context.ts';

/** What rolling over these groups would do to each node: the very steps, as its hands show them. */
export async function showRoll<Node extends RollingNode>(
  groups: readonly (readonly Node[])[],
  change: FileChange<Node>,
  context: PhaseContext,
): Promise<void> {
  const wait = restartWait(context);
  for (const group of groups) {
    const works = await Promise.all(group.map((node) => workOn(node, { ...wait, ...change })));
    const restarted = works.filter(({ due }) => due === 'restart');
    if (restarted.length > 1)
      show(context, `at the same time: ${restarted.map(({ node }) => node.node.address).join(', ')}`);
    for (const { node } of restarted) {
      await noteAndWrite(node, { ...change, signal: context.signal });
      const isSilent = !(await isAnswering(node, wait));
      await drainAndRestart(node, { ...wait, isSilent, note: restartedNote(node) });
    }
    for (const work of works) await showProof(work, context);
  }
}

async function showProof<Node extends RollingNode>({ node, due }: Work<Node>, context: PhaseContext): Promise<void> {
  if (due === 'nothing') return;
  show(
    context,
    `node ${node.node.address}: wait until every other node has it as up and normal, and a canary of its comes through`,
  );
  await node.admin.removeFile(dueFile(node), context.signal);
}

function show({ report }: PhaseContext, step: string): void {
  report({ kind: 'planned-step', phase: 'deploy-agent', step });
}
