import { Command } from 'commander';
import type { RepairedRow } from '../src/model/repaired-row.ts';
import { compareAll, throwOnDifferences } from '../src/phases/compare-all.ts';
import type { WorkerContext } from '../src/phases/phase-context.ts';
import { repairDifferences, throwOnCutOver, throwOnUnrepaired } from '../src/phases/repair-differences.ts';
import { usualPatienceMs } from '../src/phases/validate.ts';
import { whileWatchingRing } from '../src/phases/watch-ring.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { repairJson, repairText } from '../src/ui/repair-text.ts';
import { openScreen } from '../src/ui/screen.ts';
import { reportText } from '../src/ui/validation-text.ts';
import { reportJson, type ValidationReport } from '../src/validation/report.ts';
import { asOwner } from './as-owner.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext } from './context.ts';

interface Options extends CommonOptions {
  readonly table?: readonly string[];
  readonly repair?: true;
}

/** `cdcmig validate`: compares both sides as often as one likes; exit code 3 when they differ for certain. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('compare every row of both sides; exit code 3 when rows differ for certain')
    .option('--table <names...>', 'only these tables')
    .option('--repair', 'write rows that differ for certain anew from the source, and look again')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(validate);
}

async function validate(options: Options): Promise<void> {
  const screen = openScreen({ json: false, isTerminal: false });
  const opening = { config: options.config, report: screen.report, prepares: false };
  const { report, repaired } = await withContext(opening, (context) =>
    options.repair ? asOwner(context, false, (owned) => compareAndRepair(owned, options)) : compare(context, options),
  );
  const text = options.json
    ? `${jsonText({ ...reportJson(report), ...(repaired && { repaired: repaired.map(repairJson) }) }, 2)}\n`
    : `${reportText(report.tables)}${repaired ? repairText(repaired) : ''}`;
  process.stdout.write(text);
  await screen.close();
  if (repaired) throwOnUnrepaired(report, repaired);
  else throwOnDifferences(report);
}

interface Validated {
  readonly report: ValidationReport;
  readonly repaired?: readonly RepairedRow[];
}

async function compare(context: WorkerContext, { table }: Options): Promise<Validated> {
  const wanted = { patienceMs: usualPatienceMs, ...(table && { tables: table }) };
  return { report: await whileWatchingRing(context, (watched) => compareAll(watched, wanted)) };
}

async function compareAndRepair(context: WorkerContext, options: Options): Promise<Validated> {
  throwOnCutOver(context);
  const { report } = await compare(context, options);
  return { report, repaired: await repairDifferences(context, report) };
}
