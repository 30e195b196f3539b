/** What a table of the target takes, as far as it is known. */
export interface WriteCapacity {
  /** An on-demand table takes more once it has been used. */
  readonly mode: 'provisioned' | 'on-demand';
  /** Write units a second: provisioned, or what it takes at once. */
  readonly unitsPerSecond: number;
}

const bytesOfUnit = 1024;

/** Of one write of a row of this encoded size, whatever part of it is written: begun units count whole. None of nothing. */
export function writeUnitsOf(encodedBytes: number): number {
  return Math.ceil(encodedBytes / bytesOfUnit);
}

/** Of a new on-demand table (AWS developer guide, quotas). */
export const newTableUnits = 4_000;

/** No table grows beyond it by itself, unless AWS raises its quota. */
export const mostTableUnits = 40_000;
