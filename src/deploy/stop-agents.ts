import { type AgentProgram, agentProcess, type NodeAgent } from './node-agent.ts';

/** No node has a running agent. Their folders stay: an agent that is started again goes on where it was. */
export async function stopAgents(
  nodes: readonly NodeAgent[],
  program: AgentProgram,
  signal?: AbortSignal,
): Promise<void> {
  for (const agent of nodes) await agent.shell.stop(agentProcess(agent, program), signal);
}
