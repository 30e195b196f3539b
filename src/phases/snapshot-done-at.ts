import { lowerBound } from '../model/lower-bound.ts';
import type { Split } from '../model/split.ts';
import { isInRange } from '../model/token.ts';
import type { MigrationState } from '../state/migration-state.ts';
import type { SnapshotDoneAt } from '../stream/slice-keeper.ts';

type Copying = Pick<MigrationState, 'splits' | 'copied'>;

/** Asked for many tokens at a time, so the splits are sorted anew only when the ledger tells of others. */
export function snapshotDoneAt(state: () => Copying): SnapshotDoneAt {
  let splits: Copying['splits'] | undefined;
  let byTable: ReadonlyMap<string, SortedSplits> = new Map();
  return (tableId, token) => {
    const now = state();
    if (now.splits !== splits) byTable = sortByTable(now.splits);
    splits = now.splits;
    const table = byTable.get(tableId);
    // A partition that was cut belongs to several.
    const holding = table ? splitsHolding(token, table) : [];
    const finished = holding.flatMap(({ id }) => now.copied.get(id)?.finishedAtMicros ?? []);
    if (finished.length === 0 || finished.length < holding.length) return undefined;
    return finished.reduce((last, one) => (one > last ? one : last));
  };
}

interface SortedSplits {
  /** By where they start. */
  readonly splits: readonly Split[];
  /** For each, the furthest end of it and all before it: the rest of a split that was cut lies within that one. */
  readonly furthestEnds: readonly bigint[];
}

function sortByTable(splits: ReadonlyMap<string, Split>): ReadonlyMap<string, SortedSplits> {
  const byTable = Map.groupBy(splits.values(), ({ tableId }) => tableId);
  return new Map([...byTable].map(([tableId, ofTable]) => [tableId, sortSplits(ofTable)]));
}

function sortSplits(ofTable: readonly Split[]): SortedSplits {
  const splits = ofTable.toSorted((a, b) =>
    a.range.start < b.range.start ? -1 : a.range.start > b.range.start ? 1 : 0,
  );
  const furthestEnds: bigint[] = [];
  for (const { range } of splits) {
    const before = furthestEnds.at(-1) ?? range.end;
    furthestEnds.push(range.end > before ? range.end : before);
  }
  return { splits, furthestEnds };
}

function splitsHolding(token: bigint, { splits, furthestEnds }: SortedSplits): readonly Split[] {
  const holding: Split[] = [];
  const startingBefore = lowerBound(splits, ({ range }) => range.start < token);
  for (let at = startingBefore - 1; at >= 0 && furthestEnds[at]! >= token; at--)
    if (isInRange(token, splits[at]!.range)) holding.push(splits[at]!);
  return holding;
}
