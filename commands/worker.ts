import { Command } from 'commander';
import { systemClock } from '../src/adapters/clock.ts';
import { OperatorError } from '../src/errors.ts';
import { runWorker } from '../src/phases/run-worker.ts';
import { openScreen } from '../src/ui/screen.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { type OpenOptions, withContext } from './context.ts';
import { interruptSignal } from './interrupt.ts';

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
    await keepWorking({ config, report: screen.report, name, prepares: true });
  } finally {
    await screen.close();
  }
}

/** A worker that has once begun is wanted until the cutover: what an operator can mend, like a broker that is away, it waits out. */
async function keepWorking(options: OpenOptions): Promise<void> {
  let hasBegun = false;
  for (;;) {
    try {
      return await withContext(options, (context) => {
        hasBegun = true;
        return runWorker(context);
      });
    } catch (error) {
      if (!hasBegun || !(error instanceof OperatorError)) throw error;
      options.report({ kind: 'waiting', reason: error.message });
      await systemClock().sleep(retryMs, interruptSignal());
    }
  }
}

const retryMs = 3_000;
