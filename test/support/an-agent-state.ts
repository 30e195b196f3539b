import type { AgentState } from '../../src/model/agent-state.ts';

/** An agent in commitlog mode that is well. */
export function anAgentState(part: Partial<AgentState> = {}): AgentState {
  return {
    node: 'node-1',
    atMicros: 1_700_000_000_000_000n,
    mode: 'commitlog',
    level: 'ok',
    fill: { bytes: 64_000_000, limitBytes: 1_000_000_000, limitedBy: 'folder cap' },
    growthBytesPerSecond: 0,
    segmentsHeld: 2,
    released: { segments: 0, bytes: 0 },
    counterRecords: 0,
    residentBytes: 90_000_000,
    cpuPercent: 3,
    ...part,
  };
}
