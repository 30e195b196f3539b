import type { Difference } from './difference.ts';

/** What was done about one difference, and how the row stood when it was looked at again. */
export interface RepairedRow {
  readonly difference: Difference;
  /** pending: a change may still be on its way, so nobody can say. */
  readonly outcome: 'equal' | 'pending' | 'differs' | 'refused';
  /** Why the target does not take it. */
  readonly refusal?: string;
  /** Of the last repair, microseconds. */
  readonly timestampMicros: bigint;
  /** How the source row was read: `all`, unless a node was down. */
  readonly consistency: string;
}
