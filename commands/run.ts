import { Command, Option } from 'commander';
import { type ShownPaths, shownShell } from '../src/deploy/shown-shell.ts';
import { OperatorError } from '../src/errors.ts';
import type { Report } from '../src/events.ts';
import { type PhaseName, phaseNames } from '../src/model/phase.ts';
import { showCutoverGates } from '../src/phases/cutover.ts';
import type { PhaseContext } from '../src/phases/phase-context.ts';
import { phases } from '../src/phases/phases.ts';
import { runPhase } from '../src/phases/run-phase.ts';
import { showDeployAgent } from '../src/phases/show-deploy-agent.ts';
import { openScreen } from '../src/ui/screen.ts';
import { asOwner } from './as-owner.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { withContext, withPhases } from './context.ts';
import type { WrapShells } from './open-hands.ts';

interface Options extends CommonOptions {
  readonly phase?: PhaseName;
  readonly all?: true;
  readonly takeOver?: true;
  readonly writesStopped?: true;
  readonly hintsChecked?: true;
  readonly validation?: 'full' | 'changed';
  readonly confirm?: string;
  readonly plan?: string;
  readonly dryRun?: true;
}

/** `cdcmig run --phase X`: one phase, or all of them in order for a rehearsal. */
export function runCommand(): Command {
  return new Command('run')
    .description('run a phase of the migration; the same command again goes on where it was')
    .addOption(new Option('--phase <phase>', 'which one').choices(phaseNames))
    .option('--all', 'every phase in order, for a rehearsal')
    .option('--take-over', 'stop another run of this migration and take its place')
    .option('--plan <digest>', 'accept this plan, also if the migration began with another')
    .option('--writes-stopped', 'cutover: the application has stopped writing')
    .option('--hints-checked', 'cutover: no hints are pending on nodes whose version cannot tell')
    .addOption(
      new Option(
        '--validation <what>',
        'cutover: compare everything after the drain, or what changed since it was equal',
      )
        .choices(['full', 'changed'])
        .default(undefined, 'full, unless the last took more than five minutes'),
    )
    .option('--confirm <keyspace>', 'cutover: the keyspace that is switched')
    .option('--dry-run', 'show what would be done, and do nothing')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(options: Options): Promise<void> {
  const names = wantedPhases(options);
  const screen = openScreen({ json: options.json ?? false, isTerminal: process.stderr.isTTY ?? false });
  try {
    await withContext({ config: options.config, report: screen.report, prepares: true }, async (opened) => {
      const runOptions = {
        writesStopped: options.writesStopped ?? false,
        hintsChecked: options.hintsChecked ?? false,
        acceptPlan: options.plan,
        validation: options.validation,
        confirm: options.confirm,
      };
      if (options.dryRun) {
        return withPhases(opened, runOptions, (context) => dryRun(names, context), shownBy(screen.report));
      }
      await withPhases(opened, runOptions, async (context) => {
        await asOwner(context, options.takeOver ?? false, async (owned) => {
          for (const name of names) await runPhase(phases[name], owned);
        });
      });
    });
  } finally {
    await screen.close();
  }
}

/** Both shells of a node know what either has shown. */
function shownBy(report: Report): WrapShells {
  return ({ shell, admin }) => {
    const paths: ShownPaths = new Map();
    return { shell: shownShell(shell, report, paths), admin: shownShell(admin, report, paths) };
  };
}

async function dryRun(names: readonly PhaseName[], context: PhaseContext): Promise<void> {
  for (const name of names) {
    const steps = context.plan.phases.find(({ phase }) => phase === name)!.steps;
    for (const step of steps) context.report({ kind: 'planned-step', phase: name, step });
    if (name === 'deploy-agent') await showDeployAgent(context);
    if (name === 'cutover') await showCutoverGates(context);
  }
}

function wantedPhases({ phase, all }: Options): readonly PhaseName[] {
  if (all && phase === undefined) return phaseNames;
  if (!all && phase !== undefined) return [phase];
  throw new OperatorError(
    {
      expected: 'either --phase or --all',
      found: all ? 'both' : 'neither',
      next: `name one of ${phaseNames.join(', ')}`,
    },
    { exitCode: 2 },
  );
}
