/**
 * Which timestamp a write to the target carries. Every write (counters aside) takes its timestamp from here and from
 * nowhere else; the argument why the rows end equal in any order is in docs/decisions/0001-write-timestamps.md.
 *
 * All instants and timestamps are microseconds since 1970.
 */
export interface TimestampWindow {
  /** How far back the target accepts client timestamps. */
  readonly pastMicros: bigint;
  /** How far ahead. */
  readonly futureMicros: bigint;
  /** What of `pastMicros` is kept for the way from reading to writing. */
  readonly reserveMicros: bigint;
}

const second = 1_000_000n;
const minute = 60n * second;
const hour = 60n * minute;

/** What Amazon Keyspaces accepts: two days back, five minutes ahead (AWS developer guide, client-side timestamps). */
export const keyspacesWindow: TimestampWindow = {
  pastMicros: 48n * hour,
  futureMicros: 5n * minute,
  reserveMicros: 4n * hour,
};

/** Clocks of coordinators and agents may disagree by this much around the hand-over. */
export const handOverMarginMicros = minute;

/** The stamp of what was read at an instant: older than every change that is applied with its own write time. */
export function floorOf(readAtMicros: bigint, window: TimestampWindow): bigint {
  return readAtMicros - (window.pastMicros - window.reserveMicros);
}

/** A captured change is applied with its own write time only above this instant; older ones make their row a recopy. */
export function directThreshold(handOverMicros: bigint, nowMicros: bigint, window: TimestampWindow): bigint {
  return later(handOverMicros + handOverMarginMicros, floorOf(nowMicros, window));
}

export type ChangeDecision = 'apply' | 'recopy';

export interface ChangeToDecide {
  /**
   * The oldest write time of the change: one old part makes its rows a recopy. A batch may carry different timestamps;
   * its newer parts are applied all the same (decidePart), or a newer delete that was applied would hide their recopy.
   */
  readonly oldestMicros: bigint;
  readonly newestMicros: bigint;
  readonly handOverMicros: bigint;
  readonly nowMicros: bigint;
  readonly window: TimestampWindow;
}

/** Whether a captured change is written as it is or its row read again. */
export function decideChange(change: ChangeToDecide): ChangeDecision {
  const threshold = directThreshold(change.handOverMicros, change.nowMicros, change.window);
  if (change.oldestMicros <= threshold) return 'recopy';
  return isAhead(change.newestMicros, change.nowMicros, change.window) ? 'recopy' : 'apply';
}

/** What is decided for one part of a change, a cell, marker or deletion, by its own write time. */
export function decidePart(
  change: Omit<ChangeToDecide, 'oldestMicros' | 'newestMicros'>,
  timestampMicros: bigint,
): ChangeDecision {
  return decideChange({ ...change, oldestMicros: timestampMicros, newestMicros: timestampMicros });
}

/** True where the target would refuse the timestamp as being in the future. */
export function isAhead(timestampMicros: bigint, nowMicros: bigint, window: TimestampWindow): boolean {
  return timestampMicros > nowMicros + window.futureMicros;
}

export interface CopyOfChange {
  /** What was decided for the copy that came first, and done. */
  readonly first: ChangeDecision;
  /** What is decided for this copy now. */
  readonly own: ChangeDecision;
  /** Something of it is read on the source after it: see row-in-doubt.ts; and its non-frozen lists always are. */
  readonly isReadAgain: boolean;
}

/**
 * A replica's copy of a change may be dropped only if the first was applied with its own write time and this one would
 * be too. A recopied change is never dropped: its row may have been read before this copy's replica had the write. Nor
 * is a copy that has grown old since the first was applied: the row may have been recopied from this copy's replica
 * meanwhile, without the change and with a floor above it.
 */
export function mayDropCopy(copy: CopyOfChange): boolean {
  return copy.first === 'apply' && copy.own === 'apply' && !copy.isReadAgain;
}

/** The stamp of a recopy: two recopies of one key end as the later read, so stamps rise in the order of the reads. */
export function recopyTimestamp(readAtMicros: bigint, lastMicros: bigint | undefined, window: TimestampWindow): bigint {
  const floor = floorOf(readAtMicros, window);
  return lastMicros === undefined ? floor : later(floor, lastMicros + 1n);
}

/** True when a floor is so old that a write might leave the window on its way: what was read must be read again. */
export function isFloorSpent(floorMicros: bigint, nowMicros: bigint, window: TimestampWindow): boolean {
  return floorMicros <= nowMicros - window.pastMicros + window.reserveMicros / 4n;
}

export interface RepairToStamp {
  readonly sourceWriteMicros: bigint | undefined;
  readonly targetWriteMicros: bigint | undefined;
  /** When the source row was read, at consistency ALL. */
  readonly readAtMicros: bigint;
  readonly nowMicros: bigint;
  /** A quiet key that differs again after a repair, or a row with collections, whose write times CQL does not tell. */
  readonly useReadInstant: boolean;
  readonly window: TimestampWindow;
}

/** The stamp of a repair after validation: above what the target has, never above now, as low as both allow. */
export function repairTimestamp(repair: RepairToStamp): bigint {
  if (repair.useReadInstant) return earlier(repair.readAtMicros, repair.nowMicros);
  const floor = floorOf(repair.readAtMicros, repair.window);
  const aboveTarget = repair.targetWriteMicros === undefined ? floor : repair.targetWriteMicros + 1n;
  return earlier(later(later(repair.sourceWriteMicros ?? floor, aboveTarget), floor), repair.nowMicros);
}

/** The stamp of a non-frozen list that is written whole: above the read, the event that asked for it and the last list stamp. */
export function listTimestamp(readStartMicros: bigint, eventMicros: bigint, lastMicros: bigint | undefined): bigint {
  return later(later(readStartMicros, eventMicros), lastMicros ?? 0n) + 2n;
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
