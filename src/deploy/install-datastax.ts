import { join } from 'node:path';
import { OperatorError } from '../errors.ts';
import { type AgentEnvironment, withEnvironment } from '../model/environment-block.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import { editYaml } from './edit-yaml.ts';
import { changeFile, type KeptFiles, placeFile, readText } from './kept-files.ts';
import type { RollingNode } from './restart-with-cdc.ts';
import { type FileChange, type Roll, rollNodes } from './roll-nodes.ts';
import { textDiff } from './text-diff.ts';

/** A node into which the DataStax agent is put. */
export interface DatastaxNode extends RollingNode {
  /** With the rights of the user as whom Cassandra runs. */
  readonly shell: NodeShell;
  readonly jar: Upload;
  /** cassandra-env.sh. */
  readonly script: string;
  readonly setup: AgentEnvironment;
  readonly yamlSettings: Readonly<Record<string, string | boolean>>;
}

export type InstallDatastax = Omit<Roll<DatastaxNode>, 'what' | 'diffOf' | 'writeFiles'>;

/** Originals of what is changed on its node. */
export function keptOfDatastax({ admin, folder }: Pick<DatastaxNode, 'admin' | 'folder'>): KeptFiles {
  return { shell: admin, folder: join(folder, 'kept') };
}

/** The jar is on every node, and cassandra-env.sh and cassandra.yaml are such that it runs; see rollNodes. */
export function installDatastax(roll: InstallDatastax): Promise<number> {
  return rollNodes({ ...roll, ...datastaxChange(roll.signal), what: 'the DataStax agent' });
}

/** What is changed on a node for it. */
export function datastaxChange(signal?: AbortSignal): FileChange<DatastaxNode> {
  return { diffOf: (node) => datastaxDiff(node, signal), writeFiles: (node) => writeFiles(node, signal) };
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
