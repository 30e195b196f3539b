import { agentCommand } from '../../commands/agent.ts';

// What the tests start and kill: the agent as an operator's node runs it.
await agentCommand().parseAsync();
