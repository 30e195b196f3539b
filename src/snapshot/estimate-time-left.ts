import type { CopiedSplit, Split } from '../model/split.ts';

export interface CopyProgress {
  readonly splits: Iterable<Split>;
  readonly copied: ReadonlyMap<string, CopiedSplit>;
  readonly nowMicros: bigint;
}

/** Newer ones say how fast it goes now, with the workers and the limits of now. */
const windowMicros = 30n * 60_000_000n;
/** Before so many splits are done, and so much time has been seen, a number would say nothing. */
const fewestFinished = 8;
const shortestSeconds = 30;
/** Of tables of which no split is done nobody knows how large theirs are. */
const mostUnknownShare = 0.1;

/**
 * Seconds until the last split is copied, at the speed of the last half hour: its bytes over its time, for splits as large as those of the same
 * table that are done. Undefined while it would mean nothing, or when nothing was finished lately.
 */
export function estimateSecondsLeft({ splits, copied, nowMicros }: CopyProgress): number | undefined {
  const left = [...splits].filter(({ id }) => !copied.has(id));
  if (left.length === 0) return undefined;
  const bytesPerSecond = recentSpeed([...copied.values()], nowMicros);
  if (bytesPerSecond === undefined) return undefined;
  const sizes = meanSplitBytes(copied.values());
  const unknown = left.filter(({ table }) => !sizes.has(table)).length;
  if (unknown > mostUnknownShare * (left.length + copied.size)) return undefined;
  const bytes = left.reduce((sum, { table }) => sum + (sizes.get(table) ?? meanOf([...sizes.values()])), 0);
  return Math.round(bytes / bytesPerSecond);
}

// What finished first only says when the others had begun to be waited for.
function recentSpeed(copied: readonly CopiedSplit[], nowMicros: bigint): number | undefined {
  const recent = copied
    .filter(({ finishedAtMicros }) => nowMicros - finishedAtMicros < windowMicros)
    .sort((one, other) => (one.finishedAtMicros < other.finishedAtMicros ? -1 : 1));
  if (recent.length < fewestFinished) return undefined;
  const seconds = Number(nowMicros - recent[0]!.finishedAtMicros) / 1e6;
  const bytes = recent.slice(1).reduce((sum, split) => sum + Number(split.bytes), 0);
  return seconds >= shortestSeconds && bytes > 0 ? bytes / seconds : undefined;
}

function meanSplitBytes(copied: Iterable<CopiedSplit>): ReadonlyMap<string, number> {
  const byTable = Map.groupBy(copied, ({ split }) => split.table);
  return new Map([...byTable].map(([table, splits]) => [table, meanOf(splits.map(({ bytes }) => Number(bytes)))]));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
