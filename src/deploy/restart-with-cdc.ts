import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import { drainAndRestart, type NodeAdmin, type RestartWait, waitForNode } from './restart-node.ts';

export interface RestartWithCdc extends RestartWait {
  readonly report: Report;
}

/** A node whose files have been changed. */
interface ChangedNode extends NodeAdmin {
  /** The cassandra.yaml that was edited. */
  readonly yaml: string;
}

/** Drained, restarted, waited for; throws unless the node then runs with CDC. */
export async function restartWithCdc(changed: ChangedNode, wait: RestartWithCdc): Promise<void> {
  const { report, signal } = wait;
  const say = (text: string) => report({ kind: 'node-step', node: changed.node.address, text });
  say('drained and restarted');
  await drainAndRestart(changed, signal);
  await waitForNode(changed, wait);
  say('up and normal for every other node, and answers');
  await throwUnlessOn(changed, wait);
}

async function throwUnlessOn({ node, yaml, admin }: ChangedNode, { source, signal }: RestartWait): Promise<void> {
  const { cdcEnabled } = await source.nodeSettings(node, signal);
  if (cdcEnabled !== false) return;
  throw new OperatorError({
    expected: `node ${node.address} with CDC after its restart`,
    found: 'it runs without',
    next: `see whether its Cassandra reads ${yaml} on ${admin.name}, and whether restart names the right service`,
  });
}
