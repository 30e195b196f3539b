import type { AgentConfig } from '../config/agent-config.ts';
import { type AgentToInstall, agentToInstall, jarOnNode } from '../config/agent-to-install.ts';
import {
  type DatastaxNode,
  datastaxDiff,
  dueName,
  installDatastax,
  keptOfDatastax,
} from '../deploy/install-datastax.ts';
import { putBack, type WhatIsBack } from '../deploy/put-back.ts';
import { drainAndRestart, type NodeAdmin, restartAlone } from '../deploy/restart-node.ts';
import { OperatorError } from '../errors.ts';
import type { DatastaxLanes } from '../model/lane.ts';
import { javaAgent } from '../plan/datastax-agent.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { PhaseContext } from './phase-context.ts';
import { waitForEventsCanary } from './wait-for-events-canary.ts';

/** A node that has been restarted reads its commit log and meets its ring. */
const restartTimeoutMs = 600_000;

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
  const { source, report, signal } = context;
  const [admin, { folder }] = [adminOf(node, context), placeOf(node, context)];
  const restart = async () => {
    const all = ring.map((each) => adminOf(each, context));
    await restartAlone(admin, all, { source, timeoutMs: restartTimeoutMs, signal });
    const text = 'restarted, up and normal for every other node, and answers';
    report({ kind: 'node-step', node: node.address, text });
  };
  const kept = keptOfDatastax({ ...admin, folder });
  return { back: await putBack({ kept, folder, ours: [dueName], restart }, signal), folder };
}

/** In the order of the configuration. */
function datastaxNodes(nodes: readonly SourceNode[], context: PhaseContext): readonly DatastaxNode[] {
  const { agents } = context.config.capture;
  const place = ({ address }: SourceNode) => agents.findIndex(({ node }) => node === address);
  const installed = agentToInstall(context.config)!;
  return [...nodes]
    .sort((one, other) => place(one) - place(other))
    .map((node) => datastaxNode(node, installed, context));
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

function adminOf(node: SourceNode, context: PhaseContext): NodeAdmin {
  const { nodetool, restart } = placeOf(node, context);
  return { node, admin: context.handsOf(node.address).admin, nodetool, restart };
}

function placeOf({ address }: SourceNode, { config }: PhaseContext): AgentConfig {
  const agent = config.capture.agents.find(({ node }) => node === address);
  if (agent) return agent;
  const next = 'add it to capture.agents and repeat the command';
  throw new OperatorError({ expected: `how node ${address} is reached`, found: 'nothing in capture.agents', next });
}

async function proveNode(node: SourceNode, lanes: DatastaxLanes, context: PhaseContext): Promise<void> {
  const { source, signal } = context;
  await source.setCdc(await source.ensureCanaryTable(signal), true, signal);
  await waitForEventsCanary(context, lanes, [node]);
}
