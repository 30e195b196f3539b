/** What a table of the target takes, as far as it is known. */
export interface WriteCapacity {
  /** An on-demand table takes more once it has been used. */
  readonly mode: 'provisioned' | 'on-demand';
  /** Write units a second: provisioned, or what it takes at once. */
  readonly unitsPerSecond: number;
}

/** Of a new on-demand table (AWS developer guide, quotas). */
export const newTableUnits = 4_000;
