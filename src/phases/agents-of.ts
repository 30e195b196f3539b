import type { AgentConfig } from '../config/agent-config.ts';
import { boundedAgent } from '../deploy/agent-bounds.ts';
import type { NodeAgent } from '../deploy/node-agent.ts';
import { OperatorError } from '../errors.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { Upload } from '../ports/node-shell.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import { placeOf } from './node-admin.ts';
import type { NodesContext } from './phase-context.ts';

/** Each node with what reaches it and what its agent is told. OperatorError where the agents are those of DataStax. */
export async function agentsOf(
  nodes: readonly SourceNode[],
  capture: CaptureRecord,
  context: NodesContext,
): Promise<readonly NodeAgent[]> {
  if (capture.datastax) throw notOurs();
  return Promise.all(nodes.map((node) => agentOf(node, capture, context)));
}

async function agentOf(node: SourceNode, capture: CaptureRecord, context: NodesContext): Promise<NodeAgent> {
  const config = placeOf(node, context);
  const { command, files } = await context.agentProgramOf(node.address);
  return {
    node,
    ...context.handsOf(node.address),
    service: `cdcmig-agent-${context.config.migration}`,
    user: config.user,
    isOurs: config.supervisor !== 'external',
    settings: settingsOf(node, capture, { agent: config, files }, context),
    program: boundedAgent(command, capture.mode),
    files,
  };
}

function notOurs(): OperatorError {
  return new OperatorError({
    expected: 'agents of cdcmig',
    found: 'feed: datastax, whose agents run inside of the nodes',
    next: 'see docs/datastax-feed.md for how they get there',
  });
}

function settingsOf(
  node: SourceNode,
  capture: CaptureRecord,
  { agent, files }: { readonly agent: AgentConfig; readonly files: readonly Upload[] },
  { config }: NodesContext,
): AgentSettings {
  const cdc = capture.nodes.find(({ hostId }) => hostId === node.hostId)?.cdc;
  const { changesPartitions: _, ...pulsar } = config.pulsar;
  const { tlsCaFile } = pulsar;
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
    pulsar: {
      ...pulsar,
      // Where it was brought to the node it is elsewhere than here.
      ...(tlsCaFile !== undefined && { tlsCaFile: files.find(({ from }) => from === tlsCaFile)?.to ?? tlsCaFile }),
    },
  };
}
