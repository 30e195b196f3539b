import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import { type AgentEnvironment, withEnvironment } from '../model/environment-block.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import { editYaml } from './edit-yaml.ts';
import { changeFile, type KeptFiles, placeFile, readText } from './kept-files.ts';
import { type NodeAdmin, type RestartWait, waitForOthers } from './restart-node.ts';
import { restartWithCdc } from './restart-with-cdc.ts';
import { rollNodes } from './roll-nodes.ts';
import { textDiff } from './text-diff.ts';

/** A node into which the DataStax agent is put. */
export interface DatastaxNode extends NodeAdmin {
  /** With the rights of the user as whom Cassandra runs. */
  readonly shell: NodeShell;
  /** Ours, for originals. */
  readonly folder: string;
  readonly jar: Upload;
  /** cassandra-env.sh. */
  readonly script: string;
  readonly setup: AgentEnvironment;
  /** cassandra.yaml. */
  readonly yaml: string;
  readonly yamlSettings: Readonly<Record<string, string | boolean>>;
}

export interface InstallDatastax extends Omit<RestartWait, 'others'> {
  /** Every node. */
  readonly ring: readonly NodeAdmin[];
  /** Those that are changed, in this order. */
  readonly nodes: readonly DatastaxNode[];
  /** After the node is back: throws unless its agent is heard. Then it is the next one's turn. */
  readonly proveNode: (node: DatastaxNode) => Promise<void>;
  readonly report: Report;
}

/** Originals of what is changed on its node. */
export function keptOfDatastax({ admin, folder }: Pick<DatastaxNode, 'admin' | 'folder'>): KeptFiles {
  return { shell: admin, folder: join(folder, 'kept') };
}

/** In a node's folder while it runs without what stands in its files (`restart`), or was not heard since (`proof`). */
export const dueName = 'roll-due';

/**
 * The jar is on every node, and cassandra-env.sh and cassandra.yaml are such that it runs: one node after the other, with the
 * lines that change shown before and the originals kept; drained, restarted, seen up and normal by every other node, heard. May be
 * repeated: a node on which all this is so is left alone, and one that was changed but never heard is the first to be heard.
 */
export function installDatastax(roll: InstallDatastax): Promise<number> {
  return rollNodes(roll.nodes, 'the DataStax agent', (node) => installOne(node, roll));
}

/** What is not as it should be on a node; empty where there is nothing to do. */
export async function datastaxDiff(node: DatastaxNode, signal?: AbortSignal): Promise<readonly string[]> {
  const edits = await editsOf(node, signal);
  const hasJar = (await node.admin.digestOf(node.jar.to, signal)) === node.jar.sha256;
  return [
    ...(hasJar ? [] : [`${node.jar.to} brought, SHA-256 ${node.jar.sha256}`]),
    ...edits.flatMap(({ path, before, after }) => textDiff(before, after).map((line) => `${path} ${line}`)),
  ];
}

async function installOne(node: DatastaxNode, roll: InstallDatastax): Promise<boolean> {
  const { source, signal } = roll;
  const diff = await datastaxDiff(node, signal);
  const due = (await node.admin.readFile(join(node.folder, dueName), signal))?.trim();
  const { cdcEnabled } = await source.nodeSettings(node.node, signal);
  if (diff.length === 0 && due === undefined && cdcEnabled !== false) return false;
  if (diff.length > 0 || due === 'restart' || cdcEnabled === false) await changeNode(node, diff, roll);
  await roll.proveNode(node);
  await node.admin.removeFile(join(node.folder, dueName), signal);
  return true;
}

async function changeNode(node: DatastaxNode, diff: readonly string[], roll: InstallDatastax): Promise<void> {
  const { report, signal } = roll;
  const say = (text: string) => report({ kind: 'node-step', node: node.node.address, text });
  const others = await waitForOthers(node, roll.ring, roll);
  for (const line of diff) say(line);
  await node.admin.makeFolder(node.folder, signal);
  // Before anything is changed: files that are as they should be say nothing of what the node runs with.
  await node.admin.writeFile(join(node.folder, dueName), 'restart\n', signal);
  await writeFiles(node, signal);
  await restartWithCdc(node, { ...roll, others });
  await node.admin.writeFile(join(node.folder, dueName), 'proof\n', signal);
}

/** The jar first: a node that was restarted by others in between must find what its script names. */
async function writeFiles(node: DatastaxNode, signal?: AbortSignal): Promise<void> {
  const kept = keptOfDatastax(node);
  await placeFile(kept, node.jar, signal);
  await throwUnlessReadable(node, signal);
  for (const { path, after } of await editsOf(node, signal)) await changeFile(kept, path, after, signal);
}

/** Of the files that are not as they should be. */
async function editsOf(node: DatastaxNode, signal?: AbortSignal) {
  const { script, setup, yaml, yamlSettings } = node;
  const [environment, settings] = [await textOf(node, script, signal), await textOf(node, yaml, signal)];
  // In this order: should the node restart in between, CDC without the agent keeps its segments for it; the agent without CDC is idle.
  return [
    { path: yaml, before: settings, after: editYaml(settings, yamlSettings) },
    { path: script, before: environment, after: withEnvironment(environment, setup) },
  ].filter(({ before, after }) => before !== after);
}

async function textOf(node: DatastaxNode, path: string, signal?: AbortSignal): Promise<string> {
  const text = await readText(keptOfDatastax(node), path, signal);
  if (text !== undefined) return text;
  const next = 'mend cassandraYaml and cassandraEnv of that node';
  throw new OperatorError({ expected: `${path} on ${node.admin.name}`, found: 'no such file', next });
}

/** Java ends at once where it cannot read an agent: the node would not start. */
async function throwUnlessReadable({ shell, jar }: DatastaxNode, signal?: AbortSignal): Promise<void> {
  const { code } = await shell.run(['test', '-r', jar.to], { signal, reads: true });
  if (code === 0) return;
  throw new OperatorError({
    expected: `${jar.to} on ${shell.name} to be readable by the user as whom Cassandra runs`,
    found: 'it is not',
    next: 'let that user into its folder, or name another folder of that node',
  });
}
