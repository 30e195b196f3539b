import { isBetween } from './clustering-order.ts';
import type { PartitionUpdate, RowChange, SliceBound } from './mutation.ts';
import type { Table } from './table.ts';
import { isEmptyUpdate, keepRowParts } from './update-parts.ts';
import type { ChangeDecision, TimestampWindow } from './write-timestamp.ts';

/**
 * A range or partition delete as the sink remembers it. The target has no such delete: its rows are deleted one by one,
 * and a row that comes later must not come back.
 */
export interface JournalSlice {
  readonly tableId: string;
  /** As in the log. */
  readonly partitionKey: Buffer;
  /** Write time of the delete. */
  readonly timestampMicros: bigint;
  /** How the delete was decided when it came. Only an applied one hides older cells. */
  readonly decision: ChangeDecision;
  /** Undefined: the whole partition, its statics too. */
  readonly range?: { readonly start: SliceBound; readonly end: SliceBound };
}

/** The entries that an update adds to the journal, each decided by its own time; durable before the update is acknowledged. */
export function slicesOf(
  update: PartitionUpdate,
  decide: (timestampMicros: bigint) => ChangeDecision,
): readonly JournalSlice[] {
  const sliceAt = (timestampMicros: bigint) => ({
    tableId: update.table.id,
    partitionKey: update.partitionKey,
    timestampMicros,
    decision: decide(timestampMicros),
  });
  const ranges = update.rangeDeletions.map(({ timestampMicros, start, end }) => ({
    ...sliceAt(timestampMicros),
    range: { start, end },
  }));
  return update.partitionDeletion ? [sliceAt(update.partitionDeletion.timestampMicros), ...ranges] : ranges;
}

/** Whether a row of the slice's partition lies in it. */
export function isInSlice(clustering: readonly Buffer[], slice: JournalSlice, table: Table): boolean {
  return slice.range === undefined || isBetween(clustering, slice.range, table.clustering);
}

/**
 * What is left of an update under the journal: cells, markers and deletes that an applied slice hides are dropped. Also
 * for rows read from the source (a recopy), under their stamp. Undefined when nothing is left.
 *
 * A slice that was not applied hides nothing: it is older than the hand-over or the window, so a row that is newer than
 * it may have reached us by reading only, under a stamp that is older than the slice.
 */
export function withoutCovered(update: PartitionUpdate, journal: readonly JournalSlice[]): PartitionUpdate | undefined {
  const slices = journal.filter((slice) => slice.decision === 'apply' && isOfPartition(slice, update));
  if (slices.length === 0) return update;
  const { staticRow, ...others } = update;
  const staticsLeft = staticRow && notCovered(staticRow, latest(slices.filter((slice) => !slice.range)));
  const left: PartitionUpdate = {
    ...others,
    ...(staticsLeft && { staticRow: staticsLeft }),
    rows: update.rows.flatMap((row) => notCovered(row, coveredUpTo(row.clustering, slices, update.table)) ?? []),
  };
  return isEmptyUpdate(left) ? undefined : left;
}

export interface SliceToForget {
  readonly slice: JournalSlice;
  readonly nowMicros: bigint;
  /** When the last split of the slice's range was written; undefined while one is open. */
  readonly snapshotDoneAtMicros: bigint | undefined;
  readonly window: TimestampWindow;
}

/**
 * Whether an entry may end, after it was applied a last time. Everything older than it is recopied by then. The reserve
 * on top of the snapshot's end is for a worker that was given up and still writes what it read: the target takes such
 * writes no longer than that.
 */
export function mayForgetSlice({ slice, nowMicros, snapshotDoneAtMicros, window }: SliceToForget): boolean {
  if (snapshotDoneAtMicros === undefined || snapshotDoneAtMicros > nowMicros - window.reserveMicros) return false;
  return slice.timestampMicros <= nowMicros - window.pastMicros;
}

function isOfPartition(slice: JournalSlice, update: PartitionUpdate): boolean {
  return slice.tableId === update.table.id && slice.partitionKey.equals(update.partitionKey);
}

function coveredUpTo(clustering: readonly Buffer[], slices: readonly JournalSlice[], table: Table): bigint | undefined {
  return latest(slices.filter((slice) => isInSlice(clustering, slice, table)));
}

function latest(slices: readonly JournalSlice[]): bigint | undefined {
  return slices.reduce<bigint | undefined>(
    (found, { timestampMicros }) => (found === undefined || timestampMicros > found ? timestampMicros : found),
    undefined,
  );
}

/** A deletion hides what was written at its own microsecond too. */
function notCovered(row: RowChange, coveredUpToMicros: bigint | undefined): RowChange | undefined {
  if (coveredUpToMicros === undefined) return row;
  return keepRowParts(row, (timestampMicros) => timestampMicros > coveredUpToMicros);
}
