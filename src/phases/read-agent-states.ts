import { type AgentState, decodeAgentState } from '../model/agent-state.ts';
import { topics } from '../model/topics.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { WorkerContext } from './phase-context.ts';

/** Agents speak every two seconds. */
const rememberedMs = 60_000;

/** The newest word of each agent that has spoken in the last minute, by host id. */
export async function readAgentStates({
  bus,
  clock,
  signal,
}: Pick<WorkerContext, 'bus' | 'clock' | 'signal'>): Promise<ReadonlyMap<string, AgentState>> {
  const states = new Map<string, AgentState>();
  // A migration that began before agents spoke has no such topic until deploy-agent is repeated.
  if ((await bus.describeTopic(topics.agents, signal)) === undefined) return states;
  for (const state of await saidSince(bus, Number(clock.nowMicros() / 1000n) - rememberedMs, signal))
    if (state.atMicros >= (states.get(state.node)?.atMicros ?? 0n)) states.set(state.node, state);
  return states;
}

async function saidSince(bus: MessageBus, atMs: number, signal: AbortSignal): Promise<readonly AgentState[]> {
  const reader = await bus.reader(topics.agents, { kind: 'published-since', atMs }, signal);
  const states: AgentState[] = [];
  try {
    for (let message = await reader.nextUntilEnd(signal); message; message = await reader.nextUntilEnd(signal)) {
      const state = decodeAgentState(message.payload);
      if (state) states.push(state);
    }
  } finally {
    await reader.close();
  }
  return states;
}
