import { keyColumns } from '../model/table.ts';
import { costText } from './cost-text.ts';
import type { PlanCost } from './plan-cost.ts';
import type { Plan } from './plan-migration.ts';

/** The plan for a person. */
export function planText(plan: Plan, cost: PlanCost): string {
  return [
    `plan ${plan.digest} of keyspace ${plan.keyspace}`,
    '',
    'tables',
    ...plan.tables.map(tableText),
    '',
    ...costText(cost),
    ...plan.phases.flatMap(({ phase, steps }) => ['', phase, ...steps.map((step) => `  ${step}`)]),
    ...(plan.findings.length > 0 ? ['', 'found'] : []),
    ...plan.findings.flatMap(({ severity, expected, found, next }) => [
      `  ${severity}: expected ${expected}`,
      `    found: ${found}`,
      `    next:  ${next}`,
    ]),
    '',
  ].join('\n');
}

function tableText({ table, estimatedPartitions, estimatedBytes }: Plan['tables'][number]): string {
  const columns = `${keyColumns(table).length} key and ${table.columns.size} other columns`;
  const size =
    estimatedPartitions === undefined || estimatedBytes === undefined
      ? 'no estimate of the nodes yet'
      : `about ${estimatedPartitions} partitions, ${megabytes(estimatedBytes)} MB`;
  return `  ${table.name}: ${size}; ${columns}`;
}

/** The plan for a program. */
export function planJson(plan: Plan, cost: PlanCost): object {
  return {
    digest: plan.digest,
    keyspace: plan.keyspace,
    tables: plan.tables.map(({ table, estimatedPartitions, estimatedBytes }) => ({
      name: table.name,
      id: table.id,
      estimatedPartitions: estimatedPartitions ?? null,
      estimatedBytes: estimatedBytes ?? null,
    })),
    cost,
    ddl: plan.ddl,
    connectors: plan.connectors,
    ...(plan.nodeSetup && { nodeSetup: plan.nodeSetup }),
    findings: plan.findings,
    phases: plan.phases,
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
