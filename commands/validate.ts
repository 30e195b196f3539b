import { Command } from 'commander';
import { compareAll, throwOnDifferences } from '../src/phases/compare-all.ts';
import { usualPatienceMs } from '../src/phases/validate.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { openScreen } from '../src/ui/screen.ts';
import { reportText } from '../src/ui/validation-text.ts';
import { reportJson } from '../src/validation/report.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext } from './context.ts';

interface Options extends CommonOptions {
  readonly table?: readonly string[];
}

/** `cdcmig validate`: compares both sides as often as one likes; exit code 3 when they differ for certain. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('compare every row of both sides; exit code 3 when rows differ for certain')
    .option('--table <names...>', 'only these tables')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(validate);
}

async function validate(options: Options): Promise<void> {
  const screen = openScreen({ json: false, isTerminal: false });
  const wanted = { patienceMs: usualPatienceMs, ...(options.table && { tables: options.table }) };
  const report = await withContext({ config: options.config, report: screen.report, prepares: false }, (context) =>
    compareAll(context, wanted),
  );
  process.stdout.write(options.json ? `${jsonText(reportJson(report), 2)}\n` : reportText(report.tables));
  await screen.close();
  throwOnDifferences(report);
}
