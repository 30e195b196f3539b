import type { Report } from '../events.ts';
import type { ComparedSplit } from '../model/compared-split.ts';
import type { ComparedTable, Difference } from '../model/difference.ts';
import type { Table } from '../model/table.ts';
import { maxToken, minToken, splitRange, type TokenRange } from '../model/token.ts';
import type { Clock } from '../ports/clock.ts';
import { compareExtraPartitions } from './compare-extra-partitions.ts';
import { compareSplit, type Sides } from './compare-split.ts';
import { inParallel } from './in-parallel.ts';
import type { ReadBudget } from './read-budget.ts';
import { settleDifferences } from './settle-differences.ts';
import { differencesOf, keepKeys, sumTable } from './sum-table.ts';

export interface Comparing {
  readonly sides: Sides;
  readonly clock: Clock;
  readonly report: Report;
  /** See Settling. */
  readonly streamTime: () => bigint | undefined;
  readonly patienceMs: number;
  /** Seconds by which the ends of two values may lie apart; default: `usualExpiryTolerance`. */
  readonly expiryTolerance?: number | undefined;
  /** Splits that are read at once. */
  readonly splitsAtOnce: number;
  /** Default: none. */
  readonly budget?: ReadBudget | undefined;
  readonly pageSize?: number;
  readonly memory?: ComparisonMemory;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Keeps what has been compared, for a comparison that goes on after an interruption; splits are numbered as they are cut, and the search for
 * partitions that only the target has comes behind the last.
 */
export interface ComparisonMemory {
  readonly known: (table: string, split: number) => ComparedSplit | undefined;
  readonly keep: (table: string, split: number, found: ComparedSplit) => void;
}

export interface TableToCompare {
  readonly table: Table;
  /** Into how many stretches the ring is cut, or which stretches of it are compared (a slice in doubt). */
  readonly splits: number | readonly TokenRange[];
  /** Where they are known: the keys of all partitions in these stretches that can differ. */
  readonly keys?: readonly Buffer[];
}

export interface TableComparison {
  readonly compared: ComparedTable;
  /** Of the keys that were kept; `compared` counts them all. */
  readonly differences: readonly Difference[];
}

/** What reading both sides of a table once has found. */
export interface TablePass {
  readonly table: Table;
  readonly splits: readonly ComparedSplit[];
}

const mostSmallAtOnce = 16;
const mostTold = 100;

/** Reads a table on both sides once, several splits at once. */
export async function compareTable({ table, splits, keys }: TableToCompare, comparing: Comparing): Promise<TablePass> {
  const ranges = typeof splits === 'number' ? rangesOfWholeRing(splits) : splits;
  const { sides, signal } = comparing;
  const isGoneOver = sides.otherPartitioner !== undefined && ranges.length > 0;
  const comparison = keepBooks(table, ranges.length + (isGoneOver ? 1 : 0), comparing);
  const compared = await compareSplits(table, ranges, comparing, comparison);
  if (!isGoneOver) return { table, splits: compared };
  const find = () => compareExtraPartitions({ sides, table, ranges, keys, compared, signal });
  return { table, splits: [...compared, await comparison(ranges.length, find)] };
}

/** Looks again at what differed until it is certain, as far as patience goes. */
export async function settleTable({ table, splits }: TablePass, comparing: Comparing): Promise<TableComparison> {
  const kept = keepKeys(splits);
  const settled = await settleDifferences(kept.keys, { ...comparing, table });
  return {
    compared: sumTable(table.name, splits, settled, kept.notKept),
    differences: differencesOf(table.name, settled),
  };
}

// Cut here and not by the plan of the snapshot: a stretch that the plan forgot must not be forgotten by its proof.
function rangesOfWholeRing(count: number): readonly TokenRange[] {
  return splitRange({ start: minToken, end: maxToken }, count);
}

function compareSplits(
  table: Table,
  ranges: readonly TokenRange[],
  { sides, clock, expiryTolerance, budget, splitsAtOnce, pageSize, signal }: Comparing,
  comparison: SplitComparison,
): Promise<readonly ComparedSplit[]> {
  // Many ranges are small ones, a partition each: there it is the round trips that take the time.
  const atOnce = Math.max(splitsAtOnce, Math.min(mostSmallAtOnce, ranges.length >> 6));
  return inParallel([...ranges.entries()], atOnce, signal, ([split, range]) =>
    comparison(split, () =>
      compareSplit({
        sides,
        table,
        range,
        clock,
        expiryTolerance,
        budget,
        signal,
        ...(pageSize === undefined ? {} : { pageSize }),
      }),
    ),
  );
}

type SplitComparison = (split: number, compare: () => Promise<ComparedSplit>) => Promise<ComparedSplit>;

/** Compares what is not known yet, keeps it, and tells of it. */
function keepBooks(table: Table, total: number, { report, memory }: Comparing): SplitComparison {
  let done = 0;
  const tellEvery = Math.ceil(total / mostTold);
  return async (split, compare) => {
    const known = memory?.known(table.name, split);
    const found = known ?? (await compare());
    if (!known) memory?.keep(table.name, split, found);
    done++;
    const differences = found.differing.length + found.notKept;
    if (done % tellEvery === 0 || done === total || differences > 0)
      report({ kind: 'split-validated', table: table.name, done, total, differences });
    return found;
  };
}
