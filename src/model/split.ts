import type { TokenRange } from './token.ts';

/** A planned unit of snapshot or validation: a stretch of the ring of one table. */
export interface Split {
  /** `table/number`; the same plan gives the same ids. */
  readonly id: string;
  readonly table: string;
  readonly tableId: string;
  readonly range: TokenRange;
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
}
