import { nodesInDoubt, nodesWithHole } from '../cutover/gates.ts';
import type { AgentVoice } from '../deploy/hear-agents.ts';
import { agentAlarm } from '../model/agent-alarm.ts';
import type { AgentState } from '../model/agent-state.ts';
import { coverageOf } from '../model/coverage.ts';
import { instantText } from '../model/instant-text.ts';
import type { CoverageStatus, HostAlarm, NodeStatus } from '../model/migration-status.ts';
import { type ReplicatedRange, replicasOfRing } from '../model/ring-replicas.ts';
import { alarmSentence, compareRing, followedNodes } from '../state/compare-ring.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { heardSince, hearVoices } from './datastax-voices.ts';
import type { SourceContext } from './phase-context.ts';
import { readAgentStates } from './read-agent-states.ts';

export interface CaptureStatus {
  readonly nodes: readonly NodeStatus[];
  readonly coverage: CoverageStatus;
  readonly alarms: readonly HostAlarm[];
}

/** Since when each node's capture is unbroken, what of the ring that covers, and whose writes may go unseen. */
export async function gatherCoverage(
  { source, bus, clock, config, signal }: SourceContext,
  state: MigrationState,
  sinkKnows: ReadonlyMap<string, bigint>,
): Promise<CaptureStatus> {
  if (!state.capture) return { nodes: [], coverage: { unknownBecause: 'there are no agents yet' }, alarms: [] };
  const [ring, keyspace] = [await source.nodes(signal), await source.keyspace(config.source.keyspace, signal)];
  const nowMs = Number(clock.nowMicros() / 1000n);
  const voices = await hearVoices({ source, bus, clock, signal }, state);
  // Where nothing runs that wakes them, DataStax's agents are rightly silent.
  const heardAtMs = heardSince(voices, state, voices.size === 0 ? nowMs : 0);
  const alarms = compareRing({ state, ring, heardAtMs, nowMs });
  const ranges = keyspace && replicasOfRing(ring, keyspace.replication);
  const agents = await readAgentStates({ bus, clock, signal });
  const nodes = nodesOf(state, latestOf(sinkKnows, voices), { ranges, agents });
  const sound = new Set(nodes.filter((node) => isSound(node, alarms)).map(({ hostId }) => hostId));
  const unknownBecause = whyUnknown(state, ranges);
  return {
    nodes,
    coverage: unknownBecause === undefined ? coverageOf(ranges!, (hostId) => sound.has(hostId)) : { unknownBecause },
    alarms: [
      ...alarms.map((alarm) => ({ hostId: alarm.hostId, address: alarm.address, ...alarmSentence(alarm) })),
      ...nodes.flatMap(agentAlarms),
    ],
  };
}

function nodesOf(
  state: MigrationState,
  since: ReadonlyMap<string, bigint>,
  seen: { ranges: readonly ReplicatedRange[] | undefined; agents: ReadonlyMap<string, AgentState> },
): readonly NodeStatus[] {
  const broken = [...nodesWithHole(state, since), ...nodesInDoubt(state)];
  return followedNodes(state).map(({ hostId, address }) => {
    const instant = since.get(hostId);
    const unbrokenSince = instant === undefined ? 'unknown' : instantText(instant);
    return {
      hostId,
      address,
      unbrokenSince,
      hasHole: broken.includes(hostId),
      keeps: seen.ranges && keptBy(hostId, seen.ranges),
      agent: seen.agents.get(hostId),
    };
  });
}

function agentAlarms({ hostId, address, agent }: NodeStatus): readonly HostAlarm[] {
  const reason = agent && agentAlarm(agent);
  return reason === undefined ? [] : [{ hostId, address, reason, next: 'see that Pulsar takes what the agent sends' }];
}

/** A silent agent may yet prove to have missed nothing; as long as it is silent nobody knows. */
function isSound({ hostId, unbrokenSince, hasHole }: NodeStatus, alarms: readonly { hostId: string }[]): boolean {
  return unbrokenSince !== 'unknown' && !hasHole && alarms.every((alarm) => alarm.hostId !== hostId);
}

function keptBy(hostId: string, ranges: readonly ReplicatedRange[]): NodeStatus['keeps'] {
  const kept = ranges.filter(({ replicas }) => replicas.some((replica) => replica.hostId === hostId));
  return { ranges: kept.length, of: ranges.length, share: kept.reduce((sum, { share }) => sum + share, 0) };
}

function whyUnknown({ handOver }: MigrationState, ranges: readonly ReplicatedRange[] | undefined): string | undefined {
  if (handOver === undefined) return 'there is no hand-over yet';
  return ranges === undefined ? 'the keyspace’s replication strategy is not one that is known' : undefined;
}

/** What the sink has passed, and what the agents say at the moment: a hole is known as soon as either tells of it. */
function latestOf(
  sinkKnows: ReadonlyMap<string, bigint>,
  voices: ReadonlyMap<string, AgentVoice>,
): ReadonlyMap<string, bigint> {
  const latest = new Map(sinkKnows);
  for (const [node, { unbrokenSinceMicros }] of voices)
    if (unbrokenSinceMicros > (latest.get(node) ?? 0n)) latest.set(node, unbrokenSinceMicros);
  return latest;
}
