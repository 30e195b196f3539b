import { Command } from 'commander';
import { runWorker } from '../src/phases/run-worker.ts';
import { openScreen } from '../src/ui/screen.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext } from './context.ts';

/** `cdcmig worker`: joins the migration's workers; ends with the cutover, or when it is told to. */
export function workerCommand(): Command {
  return new Command('worker')
    .description('copy splits and apply changes beside other workers, on any machine; ends with the cutover')
    .option('--name <name>', 'names this worker in the books')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(work);
}

async function work(options: CommonOptions & { readonly name?: string }): Promise<void> {
  const screen = openScreen({ json: options.json ?? false, isTerminal: false });
  try {
    const { config, name } = options;
    await withContext({ config, report: screen.report, name, prepares: true }, runWorker);
  } finally {
    await screen.close();
  }
}
