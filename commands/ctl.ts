import { Command, InvalidArgumentError } from 'commander';
import type { CopyControl } from '../src/model/copy-control.ts';
import { openScreen } from '../src/ui/screen.ts';
import { type CommonOptions, configOption } from './common-options.ts';
import { withLedger } from './context.ts';

/** `cdcmig ctl`: slows down, holds and lets go the copying of a migration that runs; beside a phase, from any machine. */
export function ctlCommand(): Command {
  return new Command('ctl')
    .description('slow down or hold the copying while it runs')
    .addCommand(
      new Command('pause')
        .description('let no worker read further until resume')
        .addOption(configOption())
        .action((options: CommonOptions) => control(options, (before) => ({ ...before, isPaused: true }))),
    )
    .addCommand(
      new Command('resume')
        .description('go on where pause has held')
        .addOption(configOption())
        .action((options: CommonOptions) => control(options, (before) => ({ ...before, isPaused: false }))),
    )
    .addCommand(
      new Command('set')
        .description('rate=<rows a second that each worker reads>, or rate=none')
        .argument('<setting>', 'rate=500', rateOf)
        .addOption(configOption())
        .action((rate: Rate, options: CommonOptions) => control(options, (before) => ({ ...before, ...rate }))),
    );
}

type Rate = Pick<CopyControl, 'rowsPerSecond'>;

async function control(options: CommonOptions, change: (before: CopyControl) => CopyControl): Promise<void> {
  const screen = openScreen({ json: false, isTerminal: false });
  try {
    await withLedger({ config: options.config, report: screen.report, prepares: false }, async ({ ledger, signal }) => {
      const { copyControl } = await ledger.refresh(signal);
      const wanted = change(copyControl);
      await ledger.append({ kind: 'copy-controlled', control: wanted });
      const rate = wanted.rowsPerSecond === undefined ? 'no limit' : `${wanted.rowsPerSecond} rows/s a worker at most`;
      process.stdout.write(`copying: ${wanted.isPaused ? 'paused' : 'goes on'}, ${rate}\n`);
    });
  } finally {
    await screen.close();
  }
}

function rateOf(setting: string): Rate {
  const [, value] = setting.match(/^rate=(none|[1-9]\d{0,8})$/) ?? [];
  if (value === undefined) throw new InvalidArgumentError('rate=<rows a second>, a whole number, or rate=none');
  return { rowsPerSecond: value === 'none' ? undefined : Number(value) };
}
