import type { AgentVoice } from '../deploy/hear-agents.ts';
import { hearAgents } from '../deploy/hear-agents.ts';
import type { MigrationState } from '../state/migration-state.ts';
import { pulseNonce, readCanary } from '../stream/node-pulses.ts';
import type { WorkerContext } from './phase-context.ts';

const rememberedMs = 90_000;

/**
 * Who of the agents spoke lately. Those of DataStax only speak of what is written, so a canary is written first; what it
 * causes is heard the next time.
 */
export async function hearVoices(
  { source, bus, clock, signal }: Pick<WorkerContext, 'source' | 'bus' | 'clock' | 'signal'>,
  { capture }: Pick<MigrationState, 'capture'>,
): Promise<ReadonlyMap<string, AgentVoice>> {
  const nowMs = Number(clock.nowMicros() / 1000n);
  if (!capture?.datastax) return hearAgents(bus, nowMs, signal);
  const table = await source.ensureCanaryTable(signal);
  await source.writeCanary(pulseNonce, signal);
  const from = { kind: 'published-since', atMs: nowMs - rememberedMs } as const;
  const reader = await bus.reader(capture.datastax.canaryTopic, from, signal);
  const voices = new Map<string, AgentVoice>();
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
