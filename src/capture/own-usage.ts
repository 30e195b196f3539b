import type { AgentState } from '../model/agent-state.ts';

/** Answers what this process uses: memory now, CPU since the answer before. */
export function openUsage(): () => Pick<AgentState, 'residentBytes' | 'cpuPercent'> {
  let cpu = process.cpuUsage();
  let at = performance.now();
  return () => {
    const [used, now] = [process.cpuUsage(cpu), performance.now()];
    const cpuPercent = Math.round((used.user + used.system) / 10 / Math.max(1, now - at));
    cpu = process.cpuUsage();
    at = now;
    return { residentBytes: process.memoryUsage.rss(), cpuPercent };
  };
}
