import { type AgentToInstall, agentToInstall, jarOnNode } from '../config/agent-to-install.ts';
import {
  type DatastaxNode,
  datastaxDiff,
  dueName,
  installDatastax,
  keptOfDatastax,
} from '../deploy/install-datastax.ts';
import { putBack, type WhatIsBack } from '../deploy/put-back.ts';
import { drainAndRestart } from '../deploy/restart-node.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import { javaAgent } from '../plan/datastax-agent.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import { adminOf, inConfiguredOrder, placeOf, restartInRing, restartTimeoutMs } from './node-admin.ts';
import type { PhaseContext } from './phase-context.ts';
import { waitForEventsCanary } from './wait-for-events-canary.ts';

/** The DataStax agent on every node, one after the other, each heard before the next is touched. */
export async function installDatastaxAgents(context: PhaseContext, lanes: DatastaxLanes): Promise<string> {
  const { source, report, signal } = context;
  const nodes = await source.nodes(signal);
  const rolled = await installDatastax({
    source,
    ring: nodes.map((node) => adminOf(node, context)),
    nodes: datastaxNodes(nodes, context),
    timeoutMs: restartTimeoutMs,
    proveNode: ({ node }) => proveNode(node, lanes, context),
    report,
    signal,
  });
  return rolled === 0 ? 'installed already' : `installed on ${rolled} nodes`;
}

/** What would be done to each node, as its hands show it. */
export async function showDatastaxAgents(context: PhaseContext): Promise<void> {
  const { source, report, signal } = context;
  for (const node of datastaxNodes(await source.nodes(signal), context)) {
    const diff = await datastaxDiff(node, signal);
    for (const line of diff)
      report({ kind: 'planned-step', phase: 'deploy-agent', step: `on ${node.admin.name}: ${line}` });
    if (diff.length > 0) await drainAndRestart(node, signal);
  }
}

/** A node is what it was before the DataStax agent was put into it, and runs as it did. May be repeated. */
export async function removeDatastaxAgent(
  node: SourceNode,
  ring: readonly SourceNode[],
  context: PhaseContext,
): Promise<{ readonly back: WhatIsBack; readonly folder: string }> {
  const { folder } = placeOf(node, context);
  const kept = keptOfDatastax({ ...adminOf(node, context), folder });
  const restart = () => restartInRing(node, ring, context);
  return { back: await putBack({ kept, folder, ours: [dueName], restart }, context.signal), folder };
}

function datastaxNodes(nodes: readonly SourceNode[], context: PhaseContext): readonly DatastaxNode[] {
  const installed = agentToInstall(context.config)!;
  return inConfiguredOrder(nodes, (node) => node, context).map((node) => datastaxNode(node, installed, context));
}

function datastaxNode(node: SourceNode, installed: AgentToInstall, context: PhaseContext): DatastaxNode {
  const { folder, cassandraYaml, cassandraEnv, cdcRawDirectory } = placeOf(node, context);
  const jar = jarOnNode(installed, { folder });
  const { environment, cassandraYaml: yamlSettings } = context.plan.nodeSetup!;
  return {
    ...adminOf(node, context),
    shell: context.handsOf(node.address).shell,
    folder,
    jar: { from: installed.localJar, to: jar, sha256: installed.sha256, mode: '644' },
    // The rules of the configuration refuse nodes without these.
    script: cassandraEnv!,
    setup: { environment, jvmOption: javaAgent(jar) },
    yaml: cassandraYaml!,
    yamlSettings: { ...yamlSettings, cdc_raw_directory: cdcRawDirectory! },
  };
}

async function proveNode(node: SourceNode, lanes: DatastaxLanes, context: PhaseContext): Promise<void> {
  const { source, signal } = context;
  await source.setCdc(await source.ensureCanaryTable(signal), true, signal);
  await waitForEventsCanary(context, lanes, [node]);
}
