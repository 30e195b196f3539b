import { agentService, type NodeAgent } from './node-agent.ts';

export interface AgentState {
  /** Host id. */
  readonly node: string;
  readonly isRunning: boolean;
}

/** Whether each node's agent process runs; whether it follows its log, only its watermarks say. Of those that others start nothing is asked. */
export async function agentStates(nodes: readonly NodeAgent[], signal?: AbortSignal): Promise<readonly AgentState[]> {
  return Promise.all(
    nodes
      .filter(({ isOurs }) => isOurs)
      .map(async (agent) => ({
        node: agent.node.hostId,
        isRunning: await agent.supervisor.isRunning(agentService(agent), signal),
      })),
  );
}
