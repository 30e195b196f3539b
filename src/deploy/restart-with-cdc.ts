import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import type { NodeShell } from '../ports/node-shell.ts';
import { drainAndRestart, type NodeAdmin } from './restart-node.ts';
import { type RestartWait, waitForNodes } from './wait-for-nodes.ts';

/** A node whose files are changed, and that is restarted for it. */
export interface RollingNode extends NodeAdmin {
  /** Ours, on the node. */
  readonly folder: string;
  /** As whom that folder is made. */
  readonly owner: NodeShell;
  /** The cassandra.yaml that is edited. */
  readonly yaml: string;
}

export interface RestartWithCdc extends RestartWait {
  /** Those that are not away. */
  readonly others: readonly NodeAdmin[];
  readonly isSilent: boolean;
  readonly report: Report;
}

/** In a node's folder while it runs without what stands in its files (`restart`), or was not proved since (`proof`). */
export const dueName = 'roll-due';

export function dueFile({ folder }: RollingNode): string {
  return join(folder, dueName);
}

/** Noted by the restart itself. */
export function restartedNote(node: RollingNode): { readonly path: string; readonly text: string } {
  return { path: dueFile(node), text: 'proof' };
}

/** Drained, restarted, waited for; throws unless the node then runs with CDC. */
export async function restartWithCdc(changed: RollingNode, wait: RestartWithCdc): Promise<void> {
  const say = (text: string) => wait.report({ kind: 'node-step', node: changed.node.address, text });
  say(wait.isSilent ? 'restarted' : 'drained and restarted');
  await drainAndRestart(changed, { ...wait, note: restartedNote(changed) });
  await seeItBack(changed, wait);
}

/** Also of one whose restart we did not see the end of. */
export async function seeItBack(changed: RollingNode, wait: Omit<RestartWithCdc, 'isSilent'>): Promise<void> {
  await waitForNodes([changed], wait.others, wait);
  const text = 'up and normal for every other node, and answers';
  wait.report({ kind: 'node-step', node: changed.node.address, text });
  await throwUnlessOn(changed, wait);
}

async function throwUnlessOn({ node, yaml, admin }: RollingNode, { source, signal }: RestartWait): Promise<void> {
  const { cdcEnabled } = await source.nodeSettings(node, signal);
  if (cdcEnabled !== false) return;
  throw new OperatorError({
    expected: `node ${node.address} with CDC after its restart`,
    found: 'it runs without',
    next: `see whether its Cassandra reads ${yaml} on ${admin.name}, and whether restart names the right service`,
  });
}
