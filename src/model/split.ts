import type { TokenRange } from './token.ts';

/** A planned unit of snapshot or validation: a stretch of the ring of one table. */
export interface Split {
  /** `table/number`; the same plan gives the same ids. */
  readonly id: string;
  readonly table: string;
  readonly tableId: string;
  /** Of a rest it begins at the token of the partition that was cut, which the split that was cut has in common with it. */
  readonly range: TokenRange;
  /** The rest of a split that was cut: only what comes behind this row, in the order of token and clustering. */
  readonly behind?: RowPlace;
}

/** A row's encoded key. */
export interface RowPlace {
  readonly partitionKey: readonly Buffer[];
  /** Absent: behind the whole partition. */
  readonly clustering?: readonly Buffer[];
}

/** The books of one copied split: read = written + superseded + dead-lettered. */
export interface CopiedSplit {
  readonly split: Split;
  /** The one timestamp that all of its cells carry, microseconds. */
  readonly floorMicros: bigint;
  readonly readRows: bigint;
  readonly writtenRows: bigint;
  /** Not written because something newer made them pointless. */
  readonly supersededRows: bigint;
  readonly deadLetteredRows: bigint;
  readonly bytes: bigint;
  readonly worker: string;
  readonly finishedAtMicros: bigint;
  /** What was not copied because the split held far more than planned; it is a split of its own from then on. */
  readonly rest?: Split;
}
