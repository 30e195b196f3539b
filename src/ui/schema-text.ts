import type { SchemaChoice } from '../model/migration-status.ts';

interface ShownDecision {
  readonly table: string;
  readonly choice: SchemaChoice;
  readonly differences: readonly string[];
  readonly ddl: readonly string[];
  readonly leftOut: readonly string[];
}

/** A decision about a table's schema, with what follows from it. */
export function decisionText({ table, choice, differences, ddl, leftOut }: ShownDecision): string {
  const changes = differences.length === 0 ? ['no difference found'] : differences;
  const kept = leftOut.length === 0 ? [] : [`neither moved nor compared from now on: ${leftOut.join(', ')}`];
  const done = {
    apply: [
      ...ddl.map((statement) => `run on the target: ${statement}`),
      ...kept,
      'the workers bring in what they have parked; `cdcmig status` counts it',
    ],
    ignore: [...kept, 'the workers bring in the rest of what they have parked; `cdcmig status` counts it'],
    stop: ['it is neither moved nor compared any more: what the target has of it is not the source’s, do not use it'],
  };
  return `${[`table ${table}: ${choice}`, ...changes, ...done[choice]].join('\n  ')}\n`;
}
