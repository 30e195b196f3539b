import type { Report } from '../events.ts';
import { groupByGroup } from './group-by-group.ts';
import { nodesEnded } from './nodes-ended.ts';
import type { NodeAdmin } from './restart-node.ts';
import { dueFile, type RollingNode, restartWithCdc, seeItBack } from './restart-with-cdc.ts';
import { type RestartWait, waitForOthers } from './wait-for-nodes.ts';

/** What is changed on a node. */
export interface FileChange<Node extends RollingNode> {
  /** The lines that change; empty where its files are as they should be. */
  readonly diffOf: (node: Node) => Promise<readonly string[]>;
  readonly writeFiles: (node: Node) => Promise<void>;
}

export interface Roll<Node extends RollingNode> extends RestartWait, FileChange<Node> {
  /** What every node gets, for messages. */
  readonly what: string;
  /** Every node. */
  readonly ring: readonly NodeAdmin[];
  /** Those that are changed: one group after the other, the nodes of a group away at the same time. */
  readonly groups: readonly (readonly Node[])[];
  /** After all of its group are back: throws unless what the node has got is seen to work. Then it is the next group's turn. */
  readonly proveNode: (node: Node) => Promise<void>;
  readonly report: Report;
}

/**
 * Group by group: the lines that change are shown, the files written, the nodes drained and restarted, seen up and normal by
 * every other node, proved. The first failure stops, and says what is half done. May be repeated: a node on which all is so is left
 * alone, and one that was changed but never proved is proved before any other is touched.
 */
export async function rollNodes<Node extends RollingNode>(roll: Roll<Node>): Promise<number> {
  let rolled = 0;
  const { groups, what } = roll;
  const next =
    'mend what is said above and repeat the command, which goes on there; or put all back with cdcmig undo deploy-agent';
  await groupByGroup({ groups, nodeOf: ({ node }) => node, what: `${what} on`, next }, async (group, done) => {
    rolled += await rollGroup(group, roll, done);
  });
  return rolled;
}

export interface Work<Node> {
  readonly node: Node;
  readonly diff: readonly string[];
  readonly due: 'nothing' | 'restart' | 'proof';
}

/** What is to be done to a node. */
export async function workOn<Node extends RollingNode>(
  node: Node,
  { diffOf, source, signal }: Pick<Roll<Node>, 'diffOf' | 'source' | 'signal'>,
): Promise<Work<Node>> {
  const diff = await diffOf(node);
  const noted = (await node.admin.readFile(dueFile(node), signal))?.trim();
  if (diff.length > 0 || noted === 'restart') return { node, diff, due: 'restart' };
  // Restarted already, and on its way back.
  if (noted !== undefined) return { node, diff, due: 'proof' };
  const { cdcEnabled } = await source.nodeSettings(node.node, signal);
  return { node, diff, due: cdcEnabled === false ? 'restart' : 'nothing' };
}

async function rollGroup<Node extends RollingNode>(
  group: readonly Node[],
  roll: Roll<Node>,
  done: (node: Node) => void,
): Promise<number> {
  const works = await Promise.all(group.map((node) => workOn(node, roll)));
  const due = works.filter((work) => work.due !== 'nothing');
  for (const { node } of works.filter((work) => !due.includes(work))) done(node);
  if (due.length > 0) await bringBack(due, roll);
  // One after the other, and only now: a canary is written on every node of the cluster.
  for (const { node } of due) {
    await roll.proveNode(node);
    await node.admin.removeFile(dueFile(node), roll.signal);
    done(node);
  }
  return due.length;
}

async function bringBack<Node extends RollingNode>(due: readonly Work<Node>[], roll: Roll<Node>): Promise<void> {
  const away = due.map(({ node }) => node);
  const { others, silent } = await waitForOthers(away, roll.ring, roll);
  const changed = due.filter((work) => work.due === 'restart');
  // All of them first: where a file of one cannot be changed, none is stopped.
  await nodesEnded(changed.map((work) => changeFiles(work, roll)));
  await nodesEnded(
    due.map(({ node, due: what }) =>
      what === 'restart'
        ? restartWithCdc(node, { ...roll, others, isSilent: silent.has(node.node.hostId) })
        : seeItBack(node, { ...roll, others }),
    ),
  );
}

async function changeFiles<Node extends RollingNode>({ node, diff }: Work<Node>, roll: Roll<Node>): Promise<void> {
  for (const text of diff) roll.report({ kind: 'node-step', node: node.node.address, text });
  await noteAndWrite(node, roll);
}

/** The files of a node as they should be; that it is to be restarted for them is noted on it. */
export async function noteAndWrite<Node extends RollingNode>(
  node: Node,
  { writeFiles, signal }: Pick<Roll<Node>, 'writeFiles' | 'signal'>,
): Promise<void> {
  await node.owner.makeFolder(node.folder, signal);
  // Before anything is changed: files that are as they should be say nothing of what the node runs with.
  await node.admin.writeFile(dueFile(node), 'restart\n', signal);
  await writeFiles(node);
}
