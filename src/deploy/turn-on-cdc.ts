import { OperatorError } from '../errors.ts';
import type { Report } from '../events.ts';
import { editYaml } from './edit-yaml.ts';
import { changeFile, type KeptFiles, readText } from './kept-files.ts';
import { type NodeAdmin, type RestartWait, waitForOthers } from './restart-node.ts';
import { restartWithCdc } from './restart-with-cdc.ts';
import { rollNodes } from './roll-nodes.ts';
import { textDiff } from './text-diff.ts';

/** A node whose cassandra.yaml we may edit. */
export interface CdcNode extends NodeAdmin {
  readonly kept: KeptFiles;
  readonly yaml: string;
  readonly cdcRawDirectory: string;
}

export interface TurnOnCdc extends Omit<RestartWait, 'others'> {
  /** Every node. */
  readonly ring: readonly NodeAdmin[];
  /** Those to be turned on, in this order. */
  readonly nodes: readonly CdcNode[];
  /** After the node is back: throws unless its changes are seen to arrive. Then it is the next one's turn. */
  readonly proveNode: (node: CdcNode) => Promise<void>;
  readonly report: Report;
}

/**
 * One node after the other: cassandra.yaml edited with its original kept, drained, restarted, seen up and normal by every other
 * node, proved. The first failure stops, and says what is half done. May be repeated: it goes on with what is not as it should be.
 */
export function turnOnCdc(roll: TurnOnCdc): Promise<number> {
  return rollNodes(roll.nodes, 'CDC', (node) => rollNode(node, roll));
}

/** What an edit changes, line by line; empty where there is nothing to change. */
export async function cdcDiff(node: CdcNode, signal?: AbortSignal): Promise<readonly string[]> {
  const { before, after } = await cdcEdit(node, signal);
  return before === after ? [] : textDiff(before, after);
}

async function rollNode(node: CdcNode, roll: TurnOnCdc): Promise<boolean> {
  const { source, report, signal } = roll;
  const address = node.node.address;
  const { before, after } = await cdcEdit(node, signal);
  const { cdcEnabled } = await source.nodeSettings(node.node, signal);
  if (before === after && cdcEnabled !== false) return false;
  const others = await waitForOthers(node, roll.ring, roll);
  for (const line of before === after ? [] : textDiff(before, after))
    report({ kind: 'node-step', node: address, text: `${node.yaml} ${line}` });
  if (before !== after) await changeFile(node.kept, node.yaml, after, signal);
  await restartWithCdc(node, { ...roll, others });
  await roll.proveNode(node);
  return true;
}

async function cdcEdit({ kept, yaml, cdcRawDirectory, admin }: CdcNode, signal?: AbortSignal) {
  const before = await readText(kept, yaml, signal);
  if (before !== undefined)
    return { before, after: editYaml(before, { cdc_enabled: true, cdc_raw_directory: cdcRawDirectory }) };
  const next = 'name it in cassandraYaml of that node';
  throw new OperatorError({ expected: `a cassandra.yaml ${yaml} on ${admin.name}`, found: 'no such file', next });
}
