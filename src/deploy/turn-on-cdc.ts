import { OperatorError } from '../errors.ts';
import { editYaml } from './edit-yaml.ts';
import { changeFile, type KeptFiles, readText } from './kept-files.ts';
import type { RollingNode } from './restart-with-cdc.ts';
import { type FileChange, type Roll, rollNodes } from './roll-nodes.ts';
import { textDiff } from './text-diff.ts';

/** A node whose cassandra.yaml we may edit. */
export interface CdcNode extends RollingNode {
  readonly kept: KeptFiles;
  readonly cdcRawDirectory: string;
}

export type TurnOnCdc = Omit<Roll<CdcNode>, 'what' | 'diffOf' | 'writeFiles'>;

/** Every node's cassandra.yaml says that CDC is on, and where; see rollNodes. */
export function turnOnCdc(roll: TurnOnCdc): Promise<number> {
  return rollNodes({ ...roll, ...cdcChange(roll.signal), what: 'CDC' });
}

/** What is changed on a node for it. */
export function cdcChange(signal?: AbortSignal): FileChange<CdcNode> {
  return { diffOf: (node) => cdcDiff(node, signal), writeFiles: (node) => writeYaml(node, signal) };
}

/** What an edit changes, line by line; empty where there is nothing to change. */
export async function cdcDiff(node: CdcNode, signal?: AbortSignal): Promise<readonly string[]> {
  const { before, after } = await cdcEdit(node, signal);
  return before === after ? [] : textDiff(before, after).map((line) => `${node.yaml} ${line}`);
}

async function writeYaml(node: CdcNode, signal?: AbortSignal): Promise<void> {
  const { before, after } = await cdcEdit(node, signal);
  if (before !== after) await changeFile(node.kept, node.yaml, after, signal);
}

async function cdcEdit({ kept, yaml, cdcRawDirectory, admin }: CdcNode, signal?: AbortSignal) {
  const before = await readText(kept, yaml, signal);
  if (before !== undefined)
    return { before, after: editYaml(before, { cdc_enabled: true, cdc_raw_directory: cdcRawDirectory }) };
  const next = 'name it in cassandraYaml of that node';
  throw new OperatorError({ expected: `a cassandra.yaml ${yaml} on ${admin.name}`, found: 'no such file', next });
}
