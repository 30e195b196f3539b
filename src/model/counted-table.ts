/** What was done with the counters of a table: rows = equal + changed. Static rows count as rows. */
export interface CountedTable {
  readonly table: string;
  readonly rows: number;
  readonly equal: number;
  readonly changed: number;
  /** Of the changed ones, those that only the target had. */
  readonly removed: number;
  /** Writes whose answer did not come, and which were looked at. */
  readonly lostAnswers: number;
}
