import { join } from 'node:path';
import { type AgentSettings, settingsFileName } from '../model/agent-settings.ts';
import type { NodeShell, Upload } from '../ports/node-shell.ts';
import type { SourceNode } from '../ports/source-cluster.ts';
import type { Service, Supervisor } from '../ports/supervisor.ts';
import type { KeptFiles } from './kept-files.ts';

/** How one node is reached. */
export interface NodeHands {
  /** With the rights of the user as whom the agent runs. */
  readonly shell: NodeShell;
  /** With the rights to edit what is Cassandra's and to restart it. */
  readonly admin: NodeShell;
  readonly supervisor: Supervisor;
}

/** One node, how to reach it, and what its agent is told. */
export interface NodeAgent extends NodeHands {
  readonly node: SourceNode;
  /** Names the agent's service; the same for every node. */
  readonly service: string;
  readonly user: string | undefined;
  /** False where somebody else brings and starts it. */
  readonly isOurs: boolean;
  readonly settings: AgentSettings;
  readonly program: AgentProgram;
  /** What the program needs on the node; empty where it runs from where we do. */
  readonly files: readonly Upload[];
}

/** How an agent is started on a node: `command arguments… --settings <folder>/agent.json`. */
export interface AgentProgram {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly niceness: number;
}

/** Originals of what is changed on its node. */
export function keptOf({ admin, settings }: Pick<NodeAgent, 'admin' | 'settings'>): KeptFiles {
  return { shell: admin, folder: join(settings.folder, 'kept') };
}

export function settingsFile({ settings }: Pick<NodeAgent, 'settings'>): string {
  return join(settings.folder, settingsFileName);
}

/** There while an agent may run with another program than the one in its folder. */
export const startDueName = 'start-due';

export function startDueFile({ settings }: Pick<NodeAgent, 'settings'>): string {
  return join(settings.folder, startDueName);
}

export function agentService(agent: NodeAgent): Service {
  const { node, service, user, program, settings } = agent;
  const { folder } = settings;
  return {
    name: service,
    description: `cdcmig agent of node ${node.hostId}`,
    user,
    command: program.command,
    arguments: [...program.arguments, '--settings', settingsFile(agent)],
    niceness: program.niceness,
    folder,
    logFile: join(folder, 'agent.log'),
    pidFile: join(folder, 'agent.pid'),
  };
}
