import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import { type AgentProgram, agentProcess, type NodeAgent, settingsFile } from './node-agent.ts';

export interface EnsureAgents extends AgentProgram {
  readonly nodes: readonly NodeAgent[];
  readonly report: Report;
  readonly signal?: AbortSignal;
}

/**
 * Every node has an agent that runs with these settings, one node after the other. May be repeated: an agent that runs with
 * the same settings is left alone, one with others is stopped and started again.
 */
export async function ensureAgents({ nodes, report, signal, ...program }: EnsureAgents): Promise<void> {
  for (const agent of nodes) {
    const wasRunning = await ensureAgent(agent, program, signal);
    report({ kind: 'agent-started', node: agent.node.hostId, wasRunning });
  }
}

async function ensureAgent(agent: NodeAgent, program: AgentProgram, signal?: AbortSignal): Promise<boolean> {
  const { shell, settings } = agent;
  const process = agentProcess(agent, program);
  await shell.makeFolder(settings.folder, signal);
  const text = settingsText(settings);
  if ((await shell.readFile(settingsFile(agent), signal)) !== text) {
    // Stopped before the file changes: were we interrupted after, an agent with old settings would pass for one with the new.
    await shell.stop(process, signal);
    await shell.writeFile(settingsFile(agent), text, signal);
  }
  return (await shell.ensureRunning(process, signal)) === 'was running';
}

function settingsText(settings: AgentSettings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}
