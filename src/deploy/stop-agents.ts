import { agentService, type NodeAgent } from './node-agent.ts';

/** No node has a running agent. Their folders stay: an agent that is started again goes on where it was. */
export async function stopAgents(nodes: readonly NodeAgent[], signal?: AbortSignal): Promise<void> {
  for (const agent of nodes.filter(({ isOurs }) => isOurs)) await agent.supervisor.stop(agentService(agent), signal);
}
