import { Command } from 'commander';
import { OperatorError, throwIfAny } from '../src/errors.ts';
import { faultsIn } from '../src/model/finding.ts';
import { sampleTables } from '../src/phases/sample-tables.ts';
import { planCost } from '../src/plan/plan-cost.ts';
import { planJson, planText } from '../src/plan/plan-text.ts';
import type { MigrationState } from '../src/state/migration-state.ts';
import { jsonText } from '../src/ui/json-lines.ts';
import { type CommonOptions, configOption, jsonOption } from './common-options.ts';
import { type Clusters, currentPlan, ledgerState, withClusters } from './context.ts';

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
    const plan = await currentPlan(clusters, await stateSoFar(clusters));
    const tables = plan.tables.map(({ table }) => table);
    const sampled = await sampleTables(tables, clusters.source, clusters.signal);
    return [plan, planCost(clusters.config, plan.tables, sampled)] as const;
  });
  process.stdout.write(options.json ? `${jsonText(planJson(planned, cost), 2)}\n` : planText(planned, cost));
  throwIfAny(faultsIn(planned.findings));
}

/** `run` plans with what was decided since the migration began, and so must who looks; he may look before there is a Pulsar. */
async function stateSoFar(clusters: Clusters): Promise<MigrationState | undefined> {
  try {
    return await ledgerState(clusters);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const found = error.faults.map((fault) => fault.found).join('; ');
    process.stderr.write(
      `warning: planned as if the migration had not begun, since its ledger was not read: ${found}\n`,
    );
    return undefined;
  }
}
