import { Command } from 'commander';
import { throwIfAny } from '../src/errors.ts';
import { faultsIn } from '../src/model/finding.ts';
import { sampleTables } from '../src/phases/sample-tables.ts';
import { planCost } from '../src/plan/plan-cost.ts';
import { planJson, planText } from '../src/plan/plan-text.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { currentPlan, withClusters } from './context.ts';

/** `cdcmig plan`: what each phase will do and what it costs, what stands in its way, and the digest that `run` holds on to. */
export function planCommand(): Command {
  return new Command('plan')
    .description('show what each phase will do and cost; changes nothing')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(plan);
}

async function plan(options: CommonOptions): Promise<void> {
  const [planned, cost] = await withClusters(options.config, async (clusters) => {
    const plan = await currentPlan(clusters);
    const tables = plan.tables.map(({ table }) => table);
    const sampled = await sampleTables(tables, clusters.source, clusters.signal);
    return [plan, planCost(clusters.config, plan.tables, sampled)] as const;
  });
  process.stdout.write(options.json ? `${jsonText(planJson(planned, cost), 2)}\n` : planText(planned, cost));
  throwIfAny(faultsIn(planned.findings));
}
