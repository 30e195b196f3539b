import { keyColumns } from '../model/table.ts';
import type { Plan } from './plan-migration.ts';

/** The plan for a person. */
export function planText(plan: Plan): string {
  return [
    `plan ${plan.digest} of keyspace ${plan.keyspace}`,
    '',
    'tables',
    ...plan.tables.map(
      ({ table, estimatedPartitions, estimatedBytes }) =>
        `  ${table.name}: about ${estimatedPartitions} partitions, ${megabytes(estimatedBytes)} MB; ${keyColumns(table).length} key and ${table.columns.size} other columns`,
    ),
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

/** The plan for a program. */
export function planJson(plan: Plan): object {
  return {
    digest: plan.digest,
    keyspace: plan.keyspace,
    tables: plan.tables.map(({ table, estimatedPartitions, estimatedBytes }) => ({
      name: table.name,
      id: table.id,
      estimatedPartitions,
      estimatedBytes,
    })),
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
