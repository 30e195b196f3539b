import { drainAndRestart, type NodeAdmin } from './restart-node.ts';
import { type RestartWait, waitForNodes, waitForOthers } from './wait-for-nodes.ts';

/** Drained and restarted while none is away but those that may be with it, and back. */
export async function restartAlone(
  node: NodeAdmin,
  { ring, away }: { readonly ring: readonly NodeAdmin[]; readonly away: readonly NodeAdmin[] },
  wait: RestartWait,
): Promise<void> {
  const together = new Set(away.map((each) => each.node.hostId));
  const staying = ring.filter((each) => each.node.hostId === node.node.hostId || !together.has(each.node.hostId));
  const { others, silent } = await waitForOthers([node], staying, wait);
  await drainAndRestart(node, { ...wait, isSilent: silent.size > 0 });
  await waitForNodes([node], others, wait);
}
