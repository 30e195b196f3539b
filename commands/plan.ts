import { Command } from 'commander';
import { throwIfAny } from '../src/errors.ts';
import { faultsIn } from '../src/model/finding.ts';
import { planJson, planText } from '../src/plan/plan-text.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { currentPlan, withClusters } from './context.ts';

/** `cdcmig plan`: what each phase will do, what stands in its way, and the digest that `run` holds on to. */
export function planCommand(): Command {
  return new Command('plan')
    .description('show what each phase will do; changes nothing')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(plan);
}

async function plan(options: CommonOptions): Promise<void> {
  const planned = await withClusters(options.config, currentPlan);
  process.stdout.write(options.json ? `${jsonText(planJson(planned), 2)}\n` : planText(planned));
  throwIfAny(faultsIn(planned.findings));
}
