import { type Comparing, compareTable, type TableComparison, type TableToCompare } from './compare-table.ts';
import { buildReport, type ValidationReport } from './report.ts';

export interface TablesToCompare extends Comparing {
  readonly tables: readonly TableToCompare[];
  /** Counters are copied after writes have stopped, so until then they differ and say nothing. */
  readonly withCounters: boolean;
}

/** Compares table after table, the splits of each at once, and answers with the whole result. */
export async function compareTables({
  tables,
  withCounters,
  ...comparing
}: TablesToCompare): Promise<ValidationReport> {
  const startedAtMicros = comparing.clock.nowMicros();
  const comparisons: TableComparison[] = [];
  for (const table of tables)
    if (withCounters || !table.table.isCounter) comparisons.push(await compareTable(table, comparing));
  return buildReport(comparisons, startedAtMicros, comparing.clock.nowMicros());
}
