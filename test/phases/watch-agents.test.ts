import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { type AgentState, encodeAgentState } from '../../src/model/agent-state.ts';
import { topics } from '../../src/model/topics.ts';
import type { WorkerContext } from '../../src/phases/phase-context.ts';
import { readAgentStates } from '../../src/phases/read-agent-states.ts';
import { watchAgents } from '../../src/phases/watch-agents.ts';
import type { MessageBus } from '../../src/ports/message-bus.ts';
import { anAgentState } from '../support/an-agent-state.ts';
import { inMemoryBus } from '../support/in-memory-bus.ts';

function aTopic(isThere = true) {
  const memory = inMemoryBus();
  const facts = { partitionCount: 0, subscriptions: [], isRetentionInfinite: true };
  const bus: MessageBus = { ...memory.bus, describeTopic: async () => (isThere ? facts : undefined) };
  const reports: ProgressEvent[] = [];
  // Looks every few milliseconds instead of seconds.
  const clock = { ...systemClock(), sleep: () => new Promise<void>((resolve) => setTimeout(resolve, 5)) };
  const parts = {
    bus,
    clock,
    report: (event: ProgressEvent) => reports.push(event),
    signal: new AbortController().signal,
  };
  const say = async (state: AgentState) => {
    await (await bus.publisher(topics.agents)).publish({ payload: encodeAgentState(state) });
  };
  return { context: parts as unknown as WorkerContext, reports, say };
}

test('of each agent the newest word counts, whatever the order in which they stand', async () => {
  const { context, say } = aTopic();
  await say(anAgentState({ node: 'a', atMicros: 5n, segmentsHeld: 5 }));
  await say(anAgentState({ node: 'b', atMicros: 1n }));
  await say(anAgentState({ node: 'a', atMicros: 4n, segmentsHeld: 4 }));
  const states = await readAgentStates(context);
  expect([...states.keys()].sort()).toEqual(['a', 'b']);
  expect(states.get('a')!.segmentsHeld).toBe(5);
});

test('a migration that began before agents spoke has no states', async () => {
  expect((await readAgentStates(aTopic(false).context)).size).toBe(0);
});

test('a phase warns of an agent that is short of room once for each level, and of one that has begun to release', async () => {
  const { context, reports, say } = aTopic();
  const watching = watchAgents(context);
  onTestFinished(() => watching.close());
  const warnings = () => reports.map((event) => (event.kind === 'warning' ? event.text : ''));
  const soon = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });
  await say(anAgentState({ atMicros: 1n }));
  await say(anAgentState({ atMicros: 2n, level: 'warn' }));
  await soon(() => expect(warnings()).toEqual([expect.stringContaining('capture warn')]));
  await say(anAgentState({ atMicros: 3n, level: 'warn', growthBytesPerSecond: 7 }));
  await say(anAgentState({ atMicros: 4n, level: 'critical', secondsToFull: 12 }));
  await soon(() => expect(warnings().at(-1)).toMatch(/node node-1: capture critical: .* full in 12 s/));
  await say(anAgentState({ atMicros: 5n, level: 'critical', released: { segments: 3, bytes: 9 } }));
  await soon(() => expect(warnings().at(-1)).toContain('3 segments released unread'));
  expect(warnings()).toHaveLength(3);
});
