/** A table whose writes wait because the target asked for less. */
export interface TableHold {
  readonly by: 'target';
  readonly table: string;
  readonly writesPerSecond: number;
  /** Write units a second that the table is known to take; undefined where that cannot be known. */
  readonly unitsPerSecond: number | undefined;
}

/** Why a worker did not read the source. */
export interface CopyPause {
  readonly worker: string;
  readonly reason: string;
}
