import type { Sides } from '../../src/validation/compare-split.ts';
import { compareTables, type TablesToCompare } from '../../src/validation/compare-tables.ts';
import type { ValidationReport } from '../../src/validation/report.ts';
import { aClock } from '../support/a-clock.ts';

/** Without waiting: the stream is always up to date. */
export function compareInMemory(
  sides: Sides,
  parts: Pick<TablesToCompare, 'tables'> & Partial<TablesToCompare>,
): Promise<ValidationReport> {
  const clock = aClock();
  return compareTables({
    sides,
    withCounters: false,
    clock,
    report: () => undefined,
    streamTime: () => clock.now,
    patienceMs: 60_000,
    splitsAtOnce: 2,
    ...parts,
  });
}
