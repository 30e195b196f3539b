import { Command } from 'commander';
import { gatherStatus } from '../src/phases/gather-status.ts';
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
  const found = await withContext({ config: options.config, report: () => {}, prepares: false }, gatherStatus);
  process.stdout.write(options.json ? `${jsonText(found, 2)}\n` : statusText(found));
}
