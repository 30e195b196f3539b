import { Command } from 'commander';
import { agentCommand } from '../commands/agent.ts';
import { runProgram } from './run-program.ts';

/** What the agent's folder on a source node holds, in one file: `cdcmig agent`, and nothing that a node does not need. */
const agent = agentCommand().exitOverride();
await runProgram(new Command('cdcmig-agent').addCommand(agent).exitOverride());
