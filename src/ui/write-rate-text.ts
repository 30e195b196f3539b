interface WriteRate {
  readonly writesPerSecond: number;
  /** What the table takes, in write units, which are one a row of up to 1 KB. */
  readonly unitsPerSecond: number | undefined;
}

/** What a table takes, beside what it is known to take at most. */
export function writeRateText({ writesPerSecond, unitsPerSecond }: WriteRate): string {
  const taken = Math.round(writesPerSecond).toLocaleString('en');
  if (unitsPerSecond === undefined) return `${taken} writes/s taken`;
  return `${taken} writes/s taken of ${unitsPerSecond.toLocaleString('en')} units/s`;
}
