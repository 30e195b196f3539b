import { agentAlarm } from '../model/agent-alarm.ts';
import type { AgentState } from '../model/agent-state.ts';
import type { WorkerContext } from './phase-context.ts';
import { readAgentStates } from './read-agent-states.ts';

const lookEveryMs = 5_000;

/** Warns of agents that are short of room, for as long as it is open. A reading that fails says nothing: the phase meets the same fault. */
export function watchAgents(context: WorkerContext): { close(): Promise<void> } {
  const closing = new AbortController();
  const signal = AbortSignal.any([context.signal, closing.signal]);
  const warned = new Map<string, string>();
  const watching = watch();
  return {
    async close() {
      closing.abort();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const states = await readAgentStates({ ...context, signal }).catch(() => undefined);
      for (const state of states?.values() ?? []) warnOnce(state);
      await context.clock.sleep(lookEveryMs, signal).catch(() => {});
    }
  }

  /** Once for each level, and once more when segments were released: not every time the numbers change. */
  function warnOnce(state: AgentState): void {
    const alarm = agentAlarm(state);
    const kind = `${state.level}, ${state.released.segments > 0}`;
    if (alarm !== undefined && warned.get(state.node) !== kind)
      context.report({ kind: 'warning', text: `node ${state.node}: ${alarm}` });
    warned.set(state.node, kind);
  }
}
