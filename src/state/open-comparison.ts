import type { ComparedSplit } from '../model/compared-split.ts';
import type { ComparedSplitRecord, ComparisonRecord } from './ledger-event.ts';

/** A comparison of whole tables that is going on, or was interrupted and can go on. */
export interface OpenComparison {
  readonly begun: ComparisonRecord;
  /** By `splitKey`: what has been compared of it. */
  readonly splits: ReadonlyMap<string, ComparedSplit>;
}

/** Of all tables, among them the search for partitions of the target that the splits of the source have not named. */
export function splitsOf({ tables, otherPartitioner }: ComparisonRecord): number {
  const searches = otherPartitioner === undefined ? 0 : 1;
  return tables.reduce((sum, { splits }) => sum + splits + searches, 0);
}

export function splitKey(table: string, split: number): string {
  return `${table}/${split}`;
}

/** The newest one that began is the one that can go on; one that was disproved before it was told of is none. */
export function beginComparison(
  open: OpenComparison | undefined,
  begun: ComparisonRecord,
  disprovedAtMicros: bigint,
): OpenComparison | undefined {
  if (open?.begun.id === begun.id || begun.disproofKnownMicros !== disprovedAtMicros) return open;
  return { begun, splits: new Map() };
}

/** Whoever compares a split of it, and however often: each time its rows were read after the comparison had begun. */
export function addComparedSplits(
  open: OpenComparison | undefined,
  comparison: string,
  compared: readonly ComparedSplitRecord[],
): OpenComparison | undefined {
  if (open?.begun.id !== comparison) return open;
  const added = compared.map(({ table, split, found }) => [splitKey(table, split), found] as const);
  return { ...open, splits: new Map([...open.splits, ...added]) };
}
