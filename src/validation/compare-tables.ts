import { type Comparing, compareTable, settleTable, type TablePass, type TableToCompare } from './compare-table.ts';
import { inParallel } from './in-parallel.ts';
import { buildReport, type ValidationReport } from './report.ts';

export interface TablesToCompare extends Comparing {
  readonly tables: readonly TableToCompare[];
  /** Of one that goes on after an interruption; default: now. */
  readonly startedAtMicros?: bigint;
  /** Counters are copied after writes have stopped, so until then they differ and say nothing. */
  readonly withCounters: boolean;
}

/** Compares table after table, the splits of each at once, and answers with the whole result. */
export async function compareTables({
  tables,
  startedAtMicros: begunAtMicros,
  withCounters,
  ...comparing
}: TablesToCompare): Promise<ValidationReport> {
  const startedAtMicros = begunAtMicros ?? comparing.clock.nowMicros();
  const passes: TablePass[] = [];
  for (const table of tables)
    if (withCounters || !table.table.isCounter) passes.push(await compareTable(table, comparing));
  // Together and after all reading: changes have had the longest time to arrive, and the tables wait for them at once.
  const comparisons = await inParallel(passes, passes.length, comparing.signal, (pass) => settleTable(pass, comparing));
  const { otherPartitioner } = comparing.sides;
  const report = buildReport(comparisons, startedAtMicros, comparing.clock.nowMicros());
  return { ...report, ...(otherPartitioner !== undefined && { otherPartitioner }) };
}
