import { type AgentToInstall, agentToInstall, jarOnNode } from '../config/agent-to-install.ts';
import { type DatastaxNode, datastaxChange, installDatastax, keptOfDatastax } from '../deploy/install-datastax.ts';
import { putBack, type WhatIsBack } from '../deploy/put-back.ts';
import { dueName } from '../deploy/restart-with-cdc.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import { javaAgent } from '../plan/datastax-agent.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import { adminOf, type ChangingRing, placeOf, restartInRing, restartWait } from './node-admin.ts';
import { nodesAtOnce } from './nodes-at-once.ts';
import type { NodesContext, PhaseContext } from './phase-context.ts';
import { showRoll } from './show-roll.ts';
import { waitForEventsCanary } from './wait-for-events-canary.ts';

/** The DataStax agent on every node, one (or one rack) after the other, each heard before the next is touched. */
export async function installDatastaxAgents(context: PhaseContext, lanes: DatastaxLanes): Promise<string> {
  const nodes = await context.source.nodes(context.signal);
  const rolled = await installDatastax({
    ...restartWait(context),
    ring: nodes.map((node) => adminOf(node, context)),
    groups: await datastaxGroups(nodes, context),
    proveNode: ({ node }) => proveNode(node, lanes, context),
    report: context.report,
  });
  return rolled === 0 ? 'installed already' : `installed on ${rolled} nodes`;
}

/** What would be done to each node, as its hands show it. */
export async function showDatastaxAgents(context: PhaseContext): Promise<void> {
  const groups = await datastaxGroups(await context.source.nodes(context.signal), context);
  await showRoll(groups, datastaxChange(context.signal), context);
}

/** A node is what it was before the DataStax agent was put into it, and runs as it did. May be repeated. */
export async function removeDatastaxAgent(
  node: SourceNode,
  ring: ChangingRing,
  context: NodesContext,
): Promise<{ readonly back: WhatIsBack; readonly folder: string }> {
  const { folder } = placeOf(node, context);
  const kept = keptOfDatastax({ ...adminOf(node, context), folder });
  const restart = () => restartInRing(node, ring, context);
  return { back: await putBack({ kept, folder, ours: [dueName], restart }, context.signal), folder };
}

function datastaxGroups(nodes: readonly SourceNode[], context: PhaseContext) {
  const installed = agentToInstall(context.config)!;
  const all = nodes.map((node) => datastaxNode(node, installed, context));
  return nodesAtOnce(all, ({ node }) => node, context);
}

function datastaxNode(node: SourceNode, installed: AgentToInstall, context: PhaseContext): DatastaxNode {
  const { folder, cassandraYaml, cassandraEnv, cdcRawDirectory } = placeOf(node, context);
  const jar = jarOnNode(installed, { folder });
  const { environment, cassandraYaml: yamlSettings } = context.plan.nodeSetup!;
  const { shell, admin } = context.handsOf(node.address);
  return {
    ...adminOf(node, context),
    ...{ shell, folder, owner: admin },
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
