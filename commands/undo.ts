import { Command } from 'commander';
import { undoDeployAgent } from '../src/phases/undo-deploy-agent.ts';
import { openScreen } from '../src/ui/screen.ts';
import { asOwner } from './as-owner.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withNodes } from './context.ts';

/** `cdcmig undo deploy-agent`: stops the agents and puts back what was changed on the source. */
export function undoCommand(): Command {
  const deployAgent = new Command('deploy-agent')
    .description('take from every node what deploy-agent put there, and put back what it changed')
    .option('--take-over', 'stop another run of this migration and take its place')
    .option('--keep-folders', 'only stop the agents, so that deploy-agent goes on where they were')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(undo);
  return new Command('undo').description('take back what a phase did').addCommand(deployAgent);
}

interface Options extends CommonOptions {
  readonly keepFolders?: true;
  readonly takeOver?: true;
}

/** As the owner: beside a run of deploy-agent a second node would be restarted while the first is away. */
async function undo(options: Options): Promise<void> {
  const screen = openScreen({ json: options.json ?? false, isTerminal: false });
  const undoing = { keepsFolders: options.keepFolders ?? false };
  try {
    await withNodes({ config: options.config, report: screen.report, prepares: false }, (opened) =>
      asOwner(opened, options.takeOver ?? false, (owned) => undoDeployAgent(owned, undoing)),
    );
  } finally {
    await screen.close();
  }
}
