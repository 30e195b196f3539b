import { join } from 'node:path';
import type { AgentSettings } from '../model/agent-settings.ts';
import type { DetachedProcess, NodeShell } from '../ports/node-shell.ts';
import type { SourceNode } from '../ports/source-cluster.ts';

/** One node, how to reach it, and what its agent is told. */
export interface NodeAgent {
  readonly node: SourceNode;
  readonly shell: NodeShell;
  readonly settings: AgentSettings;
}

/** How an agent is started on a node: `command arguments… --settings <folder>/agent.json`. */
export interface AgentProgram {
  readonly command: string;
  readonly arguments: readonly string[];
}

export function settingsFile({ settings }: NodeAgent): string {
  return join(settings.folder, 'agent.json');
}

export function agentProcess(agent: NodeAgent, program: AgentProgram): DetachedProcess {
  const { folder } = agent.settings;
  return {
    command: program.command,
    arguments: [...program.arguments, '--settings', settingsFile(agent)],
    logFile: join(folder, 'agent.log'),
    pidFile: join(folder, 'agent.pid'),
  };
}
