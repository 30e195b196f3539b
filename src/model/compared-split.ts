import type { RowKey } from './difference.ts';

/** What one key adds to the count and the digest of its side; a static row is compared but not counted. */
export interface Share {
  readonly isPresent: boolean;
  readonly rows: bigint;
  readonly digest: bigint;
}

/** A key that differed when it was read, with its part in the sums of both sides. */
export interface DifferingKey {
  readonly key: RowKey;
  readonly columns: readonly string[];
  readonly source: Share;
  readonly target: Share;
}

export interface SideSum {
  readonly rows: bigint;
  readonly digest: bigint;
}

/** What one pass over a split saw. */
export interface ComparedSplit {
  readonly source: SideSum;
  readonly target: SideSum;
  readonly differing: readonly DifferingKey[];
  /** Keys that differed beyond those that were kept. */
  readonly notKept: number;
}
