import type { Table } from '../model/table.ts';

/** What the stream may do just now with the changes of a table. */
export type TableRule =
  /** Applied, in this shape: the columns that both sides have, without those that the operator left out. */
  | { readonly kind: 'applied'; readonly table: Table; readonly leftOut: readonly string[] }
  /** Parked: its schema on the source is another one, and the operator has not decided yet. */
  | { readonly kind: 'paused'; readonly reason: string }
  /** Dropped: not of this migration, or not any more. */
  | { readonly kind: 'left' };

export type RuleOf = (tableId: string) => TableRule;
