import { boundedAgent } from '../deploy/agent-bounds.ts';
import type { AgentProgram, NodeAgent } from '../deploy/node-agent.ts';
import { OperatorError } from '../errors.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import type { PhaseContext } from './phase-context.ts';

/** Each node with the shell that reaches it and what its agent is told. */
export function agentsOf(
  nodes: readonly SourceNode[],
  capture: CaptureRecord,
  context: PhaseContext,
): readonly NodeAgent[] {
  return nodes.map((node) => ({
    node,
    shell: context.shellOf(node.address),
    settings: settingsOf(node, capture, context),
  }));
}

export function agentProgram({ program, ledger, config }: PhaseContext): AgentProgram {
  return boundedAgent(program, ledger.state.capture?.mode ?? config.capture.mode);
}

function settingsOf(node: SourceNode, capture: CaptureRecord, { config }: PhaseContext): AgentSettings {
  const agent = config.capture.agents.find((candidate) => candidate.node === node.address);
  if (!agent) {
    const next = 'add it to capture.agents and run deploy-agent again';
    throw new OperatorError({ expected: `an agent for node ${node.address}`, found: 'none in capture.agents', next });
  }
  const cdc = capture.nodes.find(({ hostId }) => hostId === node.hostId)?.cdc;
  const { changesPartitions: _, ...pulsar } = config.pulsar;
  return {
    node: node.hostId,
    mode: capture.mode,
    commitLogDirectory: agent.commitLogDirectory,
    cdcRawDirectory: agent.cdcRawDirectory ?? '',
    folder: agent.folder,
    folderCapBytes: config.capture.folderCapBytes,
    cdcTotalBytes: cdc?.totalBytes ?? 0,
    cdcBlocksWrites: cdc?.blocksWrites ?? true,
    interlock: config.capture.interlock,
    changesPartitions: capture.changesPartitions,
    wantedTableIds: capture.tables.map((table) => table.id),
    keyspaceTableIds: capture.keyspaceTableIds,
    counterTableIds: capture.counterTableIds ?? [],
    canaryTableId: capture.canaryTableId,
    visibilityDelayMs: config.capture.visibilityDelayMs,
    pulsar,
  };
}
