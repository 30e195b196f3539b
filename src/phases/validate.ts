import { nodesUp } from '../checks/node-checks.ts';
import { OperatorError } from '../errors.ts';
import { compareAll, throwOnDifferences } from './compare-all.ts';
import type { Phase } from './phase.ts';

/** Rows that change all the time are given up after this; they stay pending and the cutover's validation decides. */
export const usualPatienceMs = 60_000;

/** Compares every row of both sides. Before the sink runs, rows that differ may only be late: they are kept as unsettled. */
export const validate: Phase = {
  name: 'validate',
  needs: ['snapshot-migrate'],
  checks: [nodesUp],
  steps: [
    {
      title: 'compare',
      async run(context) {
        const report = await compareAll(context, { patienceMs: usualPatienceMs, resume: 'recent' });
        throwOnDifferences(report);
        return `${report.tables.length} tables`;
      },
    },
  ],
  async confirm({ ledger, signal }) {
    const { lastFullValidation: last } = await ledger.refresh(signal);
    if (!last)
      throw new OperatorError({ expected: 'the validation in the ledger', found: 'none', next: 'repeat the command' });
    const rows = last.tables.reduce((sum, table) => sum + table.sourceRows, 0n);
    const open = last.unsettledCount === 0 ? 'all equal' : `${last.unsettledCount} unsettled until the sink has passed`;
    return `${rows} rows of ${last.tables.length} tables compared, ${open}`;
  },
};
