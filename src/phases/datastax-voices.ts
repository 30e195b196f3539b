import { type AgentVoice, hearAgents } from '../deploy/hear-agents.ts';
import { OperatorError } from '../errors.ts';
import { tablesOf } from '../model/schema.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { pulseNonce, readCanary } from '../stream/node-pulses.ts';
import type { WorkerContext } from './phase-context.ts';

const rememberedMs = 90_000;
const canaryKeyspace = 'cdcmig_canary';

/** Has the DataStax agents something to tell of: they only speak of what is written. What it causes is heard the next time. */
export async function wakeAgents({ source, signal }: Pick<WorkerContext, 'source' | 'signal'>): Promise<void> {
  try {
    await source.writeCanary(pulseNonce, signal);
  } catch (error) {
    // A node is down, and takes none: that its agent is silent is told by the silence.
    if (!(error instanceof OperatorError)) throw error;
  }
}

/** Who of the agents spoke lately; writes nothing. */
export async function hearVoices(
  { source, bus, clock, signal }: Pick<WorkerContext, 'source' | 'bus' | 'clock' | 'signal'>,
  { capture }: Pick<MigrationState, 'capture'>,
): Promise<ReadonlyMap<string, AgentVoice>> {
  const nowMs = Number(clock.nowMicros() / 1000n);
  if (!capture?.datastax) return hearAgents(bus, nowMs, signal);
  const table = tablesOf(await source.schema(canaryKeyspace, signal)).find(({ id }) => id === capture.canaryTableId);
  const voices = new Map<string, AgentVoice>();
  if (!table) return voices;
  const from = { kind: 'published-since', atMs: nowMs - rememberedMs } as const;
  const reader = await bus.reader(capture.datastax.canaryTopic, from, signal);
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const canary = readCanary(message, table);
      // It knows nothing of holes: since when a node is followed without one is not said.
      if (canary) voices.set(canary.node, { heardAtMs: message.publishedAtMs, unbrokenSinceMicros: 0n });
    }
  } finally {
    await reader.close();
  }
  return voices;
}

/**
 * When each agent was heard; one that was not counts from `sinceMs`, when somebody began to wake the agents: before that
 * their silence says nothing.
 */
export function heardSince(
  voices: ReadonlyMap<string, AgentVoice>,
  { capture }: Pick<MigrationState, 'capture'>,
  sinceMs: number,
): ReadonlyMap<string, number> {
  const heard = [...voices].map(([node, { heardAtMs }]) => [node, heardAtMs] as const);
  if (!capture?.datastax) return new Map(heard);
  const latest = (node: string) => Math.max(voices.get(node)?.heardAtMs ?? 0, sinceMs);
  return new Map(capture.nodes.map(({ hostId }) => [hostId, latest(hostId)]));
}
