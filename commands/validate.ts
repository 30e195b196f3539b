import { writeFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { OperatorError } from '../src/errors.ts';
import type { RepairedRow } from '../src/model/repaired-row.ts';
import { maxToken, minToken, unwrapRange } from '../src/model/token.ts';
import { type CompareOptions, compareAll, throwOnDifferences } from '../src/phases/compare-all.ts';
import type { ComparisonScope } from '../src/phases/comparison-scope.ts';
import type { WorkerContext } from '../src/phases/phase-context.ts';
import { repairDifferences, throwOnCutOver, throwOnUnrepaired } from '../src/phases/repair-differences.ts';
import { usualPatienceMs } from '../src/phases/validate.ts';
import { whileWatchingRing } from '../src/phases/watch-ring.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { repairJson, repairText } from '../src/ui/repair-text.ts';
import { reportPage } from '../src/ui/report-page.ts';
import { openScreen } from '../src/ui/screen.ts';
import { reportText } from '../src/ui/validation-text.ts';
import { reportJson, type ValidationReport } from '../src/validation/report.ts';
import { asOwner } from './as-owner.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext } from './context.ts';

interface Options extends CommonOptions {
  readonly table?: readonly string[];
  readonly since?: 'last';
  readonly range?: RingPart;
  readonly sample?: number;
  readonly resume?: true;
  readonly repair?: true;
  readonly report?: string;
}

/** Wraps where the second is smaller. */
type RingPart = Omit<Extract<ComparisonScope, { kind: 'range' }>, 'kind'>;

/** `cdcmig validate`: compares both sides as often as one likes; exit code 3 when they differ for certain. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('compare every row of both sides; exit code 3 when rows differ for certain')
    .option('--table <names...>', 'only these tables')
    .addOption(
      new Option('--since <when>', 'only rows that changed since the last validation that found all equal')
        .choices(['last'])
        .conflicts(['range', 'sample']),
    )
    .addOption(
      new Option(
        '--range <tokens>',
        'only tokens above the first up to the second, over the ring’s end if that is smaller: <first>..<second>',
      )
        .argParser(rangeOf)
        .conflicts('sample'),
    )
    .addOption(
      new Option('--sample <percent>', 'only as much, from all over the ring, other rows each time').argParser(
        percentOf,
      ),
    )
    .addOption(
      new Option('--resume', 'go on with the comparison of everything that was interrupted').conflicts([
        ...['since', 'range', 'sample', 'repair'],
      ]),
    )
    .option('--repair', 'write rows that differ for certain anew from the source, and look again')
    .option('--report <file>', 'write the result as an HTML page, too')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(validate);
}

async function validate(options: Options): Promise<void> {
  const screen = openScreen({ json: false, isTerminal: false });
  const opening = { config: options.config, report: screen.report, prepares: false };
  const { report, repaired } = await withContext(opening, async (context) => {
    const validated = await (options.repair
      ? asOwner(context, false, (owned) => compareAndRepair(owned, options))
      : compare(context, options));
    if (options.report) writePage(options.report, context.config.migration, validated.report);
    return validated;
  });
  const text = options.json
    ? `${jsonText({ ...reportJson(report), ...(repaired && { repaired: repaired.map(repairJson) }) }, 2)}\n`
    : `${reportText(report)}${repaired ? repairText(repaired) : ''}`;
  process.stdout.write(text);
  await screen.close();
  if (repaired) throwOnUnrepaired(report, repaired);
  else throwOnDifferences(report);
}

interface Validated {
  readonly report: ValidationReport;
  readonly repaired?: readonly RepairedRow[];
}

async function compare(context: WorkerContext, options: Options): Promise<Validated> {
  const { table, resume } = options;
  const wanted: CompareOptions = {
    patienceMs: usualPatienceMs,
    scope: scopeOf(options),
    ...(table && { tables: table }),
    ...(resume && { resume: 'asked' }),
  };
  return { report: await whileWatchingRing(context, (watched) => compareAll(watched, wanted)) };
}

async function compareAndRepair(context: WorkerContext, options: Options): Promise<Validated> {
  throwOnCutOver(context);
  const { report } = await compare(context, options);
  return { report, repaired: await repairDifferences(context, report) };
}

function writePage(file: string, migration: string, report: ValidationReport): void {
  try {
    writeFileSync(file, reportPage({ scope: undefined, ...report, migration }));
  } catch (error) {
    throw new OperatorError({
      expected: `--report ${file} to be written`,
      found: (error as Error).message,
      next: 'name a file in a folder that is there; the result is in the ledger (cdcmig status)',
    });
  }
}

function scopeOf({ since, range, sample }: Options): ComparisonScope {
  if (since) return { kind: 'changed' };
  if (range) return { kind: 'range', ...range };
  return sample === undefined ? { kind: 'everything' } : { kind: 'sample', percent: sample };
}

function rangeOf(text: string): RingPart {
  const [, first, second] = text.match(/^(-?\d{1,20})\.\.(-?\d{1,20})$/) ?? [];
  if (first === undefined || second === undefined)
    throw new InvalidArgumentError('Two tokens with .. between them, such as 0..4611686018427387904');
  const part = { first: BigInt(first), second: BigInt(second) };
  const isToken = (token: bigint) => token >= minToken && token <= maxToken;
  if (!isToken(part.first) || !isToken(part.second) || unwrapRange(part.first, part.second).length === 0)
    throw new InvalidArgumentError(`Two tokens from ${minToken} to ${maxToken} with some between them`);
  return part;
}

function percentOf(text: string): number {
  const percent = Number(text);
  if (text.trim() !== '' && percent > 0 && percent <= 100) return percent;
  throw new InvalidArgumentError('More than 0, and 100 at most');
}
