import { join } from 'node:path';
import { Command } from 'commander';
import type { AgentConfig } from '../src/config/agent-config.ts';
import { readConfig } from '../src/config/read-config.ts';
import { type AgentState, decodeAgentState } from '../src/model/agent-state.ts';
import type { MigrationStatus } from '../src/model/migration-status.ts';
import { gatherStatus } from '../src/phases/gather-status.ts';
import { agentText } from '../src/ui/agent-text.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { statusText } from '../src/ui/status-text.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { connectorsOf } from './connectors-of.ts';
import { withLedger, withSource } from './context.ts';
import { openHands } from './open-hands.ts';

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
    return await withLedger({ config: options.config, report: () => {}, prepares: false }, (opened) =>
      withSource(opened, (source) =>
        gatherStatus({ ...opened, source }, connectorsOf(opened.config, { patienceMs: 3_000 })),
      ),
    );
  } catch (error) {
    const agents = await statesInFolders(options.config).catch(() => []);
    if (agents.length > 0)
      process.stdout.write(options.json ? `${jsonText({ agents }, 2)}\n` : agents.map(agentLine).join(''));
    throw error;
  }
}

async function statesInFolders(config: string): Promise<readonly AgentState[]> {
  const { agents } = readConfig(config).capture;
  const hands = openHands(agents);
  try {
    const read = ({ node, folder }: AgentConfig) => hands.of(node).shell.readFile(join(folder, 'state.json'));
    // One node that cannot be reached keeps nobody from hearing of the others.
    const texts = await Promise.all(agents.map((agent) => read(agent).catch(() => undefined)));
    const states = texts.map((text) => text && decodeAgentState(Buffer.from(text)));
    return states.filter((state) => typeof state === 'object');
  } finally {
    await hands.close();
  }
}

function agentLine(state: AgentState): string {
  return `node ${state.node}: ${agentText(state)}\n`;
}
