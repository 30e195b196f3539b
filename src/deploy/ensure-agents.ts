import type { Report } from '../events.ts';
import type { AgentSettings } from '../model/agent-settings.ts';
import { bringProgram } from './bring-program.ts';
import { agentService, type NodeAgent, settingsFile, startDueFile } from './node-agent.ts';

export interface EnsureAgents {
  readonly nodes: readonly NodeAgent[];
  readonly report: Report;
  readonly signal?: AbortSignal;
}

/**
 * Every node has an agent that runs with these settings, one node after the other. May be repeated: an agent that runs with
 * the same settings is left alone, one with others is stopped and started again.
 */
export async function ensureAgents({ nodes, report, signal }: EnsureAgents): Promise<void> {
  for (const agent of nodes.filter(({ isOurs }) => isOurs)) {
    const wasRunning = await ensureAgent(agent, signal);
    report({ kind: 'agent-started', node: agent.node.hostId, wasRunning });
  }
}

async function ensureAgent(agent: NodeAgent, signal?: AbortSignal): Promise<boolean> {
  const { shell, settings, supervisor } = agent;
  const service = agentService(agent);
  const due = startDueFile(agent);
  await shell.makeFolder(settings.folder, signal);
  // Before it is brought: were we interrupted after, an agent with the old program would pass for one with the new.
  if (await lacksProgram(agent, signal)) await shell.writeFile(due, '', signal);
  await bringProgram(agent, signal);
  const isDue = (await shell.digestOf(due, signal)) !== undefined;
  const text = settingsText(settings);
  const hasNewSettings = (await shell.readFile(settingsFile(agent), signal)) !== text;
  if (isDue || hasNewSettings) {
    // Stopped before the file changes: were we interrupted after, an agent with old settings would pass for one with the new.
    await supervisor.stop(service, signal);
    await shell.writeFile(settingsFile(agent), text, signal);
    // What runs no more runs nothing old.
    if (isDue) await shell.removeFile(due, signal);
  }
  return (await supervisor.ensureRunning(service, signal)) === 'was running';
}

async function lacksProgram({ shell, files }: NodeAgent, signal?: AbortSignal): Promise<boolean> {
  for (const { to, sha256 } of files) if ((await shell.digestOf(to, signal)) !== sha256) return true;
  return false;
}

/** agent.json. */
export function settingsText(settings: AgentSettings): string {
  return `${JSON.stringify(settings, null, 2)}\n`;
}
