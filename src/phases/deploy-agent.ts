import { randomUUID } from 'node:crypto';
import { datastaxAgent } from '../checks/datastax-agent.ts';
import { durableWrites, noRepairs } from '../checks/keyspace-checks.ts';
import { clocksAgree, commitLogReadable, nodesUp } from '../checks/node-checks.ts';
import { ownFolders } from '../checks/own-folders.ts';
import { partitioners } from '../checks/partitioners.ts';
import { racks } from '../checks/racks.ts';
import { nodesReached } from '../checks/reach-checks.ts';
import { expiringCollections, writeTimes } from '../checks/sample-checks.ts';
import { agentToInstall } from '../config/agent-to-install.ts';
import { agentStates } from '../deploy/agent-states.ts';
import { ensureAgents } from '../deploy/ensure-agents.ts';
import { waitForCanary } from '../deploy/wait-for-canary.ts';
import { OperatorError } from '../errors.ts';
import { tablesOf } from '../model/schema.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { CaptureRecord } from '../state/ledger-event.ts';
import { agentsOf } from './agents-of.ts';
import { throwOnOtherMode } from './capture-mode.ts';
import { cdcOfNodes } from './cdc-of-nodes.ts';
import { installDatastaxAgents } from './datastax-nodes.ts';
import { datastaxLanes, ensureEventsTopics } from './events-topics.ts';
import type { Phase } from './phase.ts';
import type { PhaseContext } from './phase-context.ts';
import { placedAgent, throwOnMovedAgents } from './placed-agents.ts';
import { prepareLanes, prepareTopics } from './prepare-topics.ts';
import { waitForEventsCanary } from './wait-for-events-canary.ts';

const canaryTimeoutMs = 60_000;

/** Topics, subscriptions, and an agent on every node that is seen to follow its log. */
export const deployAgent: Phase = {
  name: 'deploy-agent',
  needs: [],
  checks: [
    nodesUp,
    nodesReached,
    ownFolders,
    racks,
    datastaxAgent,
    clocksAgree,
    partitioners,
    commitLogReadable,
    durableWrites,
    noRepairs,
    writeTimes,
    expiringCollections,
  ],
  steps: [
    {
      title: 'topics and subscriptions',
      async run(context) {
        const { bus, config, signal } = context;
        const lanes = await lanesToCapture(context);
        if (!lanes.datastax) {
          await prepareTopics(bus, config.pulsar.changesPartitions, signal);
          return `${config.pulsar.changesPartitions} changes partitions`;
        }
        await ensureEventsTopics(context);
        await prepareLanes(bus, lanes.datastax.lanes, signal);
        return `${lanes.changesPartitions} partitions of events topics`;
      },
    },
    { title: 'capture record', run: recordCapture },
    { title: 'cdc of the nodes', run: turnOnNodes },
    {
      title: 'cdc option of the tables',
      async run({ ledger, source, tables, signal }) {
        const { mode } = captureOf(ledger.state.capture);
        if (mode !== 'cdc') return 'not needed in commitlog mode';
        // A full node hides the segment it writes from cdc_raw until a write to a cdc table makes it look again for room:
        // canaries are such writes, or none would be seen behind a full folder once the application has stopped.
        const canary = await source.ensureCanaryTable(signal);
        for (const table of [...tables, canary]) await source.setCdc(table, true, signal);
        return `on for ${tables.length} tables`;
      },
    },
    { title: 'agents', run: startAgents },
    { title: 'canary of every node', run: seeCanaries },
  ],
  async confirm(context) {
    const nodes = await context.source.nodes(context.signal);
    const capture = captureOf(context.ledger.state.capture);
    if (capture.datastax) return `${nodes.length} DataStax agents tell of what is written`;
    const agents = await agentsOf(nodes, capture, context);
    const states = await agentStates(agents, context.signal);
    const dead = states.filter((state) => !state.isRunning).map((state) => state.node);
    if (dead.length > 0)
      throw new OperatorError({
        expected: 'every agent to run',
        found: `the agent of ${dead.join(', ')} has ended`,
        next: "read agent.log in the agent's folder, then repeat the command",
      });
    return `${states.length} agents follow their logs`;
  },
};

/** Written before anything is turned on, so that undo knows what was there whatever happens next. */
async function recordCapture(context: PhaseContext): Promise<string> {
  const { config, source, ledger, tables, signal } = context;
  const [nodes, canary, schema] = [
    await source.nodes(signal),
    await source.ensureCanaryTable(signal),
    await source.schema(config.source.keyspace, signal),
  ];
  const all = tablesOf(schema);
  const before = ledger.state.capture;
  throwOnOtherMode(before, context);
  throwOnMovedAgents(before, nodes, context);
  const turnedOn =
    config.capture.mode === 'cdc' ? tables.filter((table) => !table.hasCdc).map((table) => table.name) : [];
  const capture: CaptureRecord = {
    mode: config.capture.mode,
    nodes: await Promise.all(nodes.map((node) => capturedNode(node, context))),
    ...(await lanesToCapture(context)),
    ...((before?.hasDatastaxInstalled || agentToInstall(config)) && { hasDatastaxInstalled: true as const }),
    tables: tables.map(({ name, id }) => ({ name, id })),
    keyspaceTableIds: all.map(({ id }) => id),
    counterTableIds: all.filter(({ isCounter }) => isCounter).map(({ id }) => id),
    canaryTableId: canary.id,
    cdcTurnedOn: [...new Set([...(before?.cdcTurnedOn ?? []), ...turnedOn])],
  };
  await ledger.append({ kind: 'capture-prepared', capture });
  await ledger.refresh(signal);
  return `${capture.tables.length} tables on ${nodes.length} nodes`;
}

async function capturedNode(node: SourceNode, context: PhaseContext) {
  const { config, source, signal } = context;
  const { hostId, address } = node;
  const placed = placedAgent(node, context);
  const captured = { hostId, address, ...(placed && { placed }) };
  if (config.capture.mode !== 'cdc') return captured;
  const { cdcTotalBytes, cdcBlocksWrites } = await source.nodeSettings(node, signal);
  return { ...captured, cdc: { totalBytes: cdcTotalBytes ?? 0, blocksWrites: cdcBlocksWrites } };
}

/** The DataStax agent cannot tell whether all of its tables have their topics: those that are moved are told apart. */
async function lanesToCapture({ config, source, tables, signal }: PhaseContext) {
  if (config.feed !== 'datastax') return { changesPartitions: config.pulsar.changesPartitions };
  const datastax = datastaxLanes(config, tables, await source.ensureCanaryTable(signal));
  return { changesPartitions: datastax.lanes.length, datastax };
}

async function turnOnNodes(context: PhaseContext): Promise<string> {
  const capture = captureOf(context.ledger.state.capture);
  if (capture.mode !== 'cdc') return 'not needed in commitlog mode';
  if (capture.datastax && !agentToInstall(context.config)) return 'left to whoever installs the DataStax agents';
  const note = capture.datastax
    ? await installDatastaxAgents(context, capture.datastax)
    : await cdcOfNodes(context, await agentsOf(await context.source.nodes(context.signal), capture, context));
  // What a node lets cdc_raw take is told by it only now.
  await recordCapture(context);
  return note;
}

async function startAgents(context: PhaseContext): Promise<string> {
  const nodes = await context.source.nodes(context.signal);
  const capture = captureOf(context.ledger.state.capture);
  if (capture.datastax) return 'those of DataStax run inside the nodes';
  const agents = await agentsOf(nodes, capture, context);
  await ensureAgents({ nodes: agents, report: context.report, signal: context.signal });
  return `${agents.length} running`;
}

async function seeCanaries(context: PhaseContext): Promise<string> {
  const { bus, source, ledger, report, signal } = context;
  const nodes = await source.nodes(signal);
  const { datastax } = captureOf(ledger.state.capture);
  if (datastax) {
    await waitForEventsCanary(context, datastax);
    return `told of by ${nodes.length} nodes`;
  }
  await waitForCanary({
    bus,
    source,
    nodes,
    nonce: randomUUID(),
    partitions: 1,
    timeoutMs: canaryTimeoutMs,
    report,
    signal,
  });
  return `seen from ${nodes.length} nodes`;
}

export function captureOf(capture: CaptureRecord | undefined): CaptureRecord {
  if (capture) return capture;
  throw new OperatorError({
    expected: 'a capture record in the ledger',
    found: 'none',
    next: 'cdcmig run --phase deploy-agent',
  });
}
