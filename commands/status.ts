import { join } from 'node:path';
import { Command } from 'commander';
import { localShell } from '../src/adapters/local-shell/local-shell.ts';
import { readConfig } from '../src/config/read-config.ts';
import { type AgentState, decodeAgentState } from '../src/model/agent-state.ts';
import type { MigrationStatus } from '../src/model/migration-status.ts';
import { gatherStatus } from '../src/phases/gather-status.ts';
import { agentText } from '../src/ui/agent-text.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { statusText } from '../src/ui/status-text.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext } from './context.ts';

/** `cdcmig status`: where the migration is and why it waits, from the ledger and the broker. */
export function statusCommand(): Command {
  return new Command('status')
    .description('say where the migration is, how far the stream is behind, and why it waits')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(status);
}

async function status(options: CommonOptions): Promise<void> {
  const found = await gathered(options);
  process.stdout.write(options.json ? `${jsonText(found, 2)}\n` : statusText(found));
}

/** When nobody else can be asked, what the agents wrote into their folders is shown before the error: the disk fills meanwhile. */
async function gathered(options: CommonOptions): Promise<MigrationStatus> {
  try {
    return await withContext({ config: options.config, report: () => {}, prepares: false }, gatherStatus);
  } catch (error) {
    const agents = await statesInFolders(options.config).catch(() => []);
    if (agents.length > 0)
      process.stdout.write(options.json ? `${jsonText({ agents }, 2)}\n` : agents.map(agentLine).join(''));
    throw error;
  }
}

async function statesInFolders(config: string): Promise<readonly AgentState[]> {
  const shell = localShell();
  const files = readConfig(config).capture.agents.map(({ folder }) => shell.readFile(join(folder, 'state.json')));
  const states = (await Promise.all(files)).map((text) => text && decodeAgentState(Buffer.from(text)));
  return states.filter((state) => typeof state === 'object');
}

function agentLine(state: AgentState): string {
  return `node ${state.node}: ${agentText(state)}\n`;
}
