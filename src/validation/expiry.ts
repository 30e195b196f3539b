/** From asking for a reading until it was there, seconds since 1970; what it tells was so at some instant of it. */
export interface ReadSpan {
  readonly from: number;
  readonly to: number;
}

/** When the values of a row end, as one reading told it. */
export interface Expiry {
  /** Remaining seconds of each value; null: does not expire, has no value, or CQL cannot tell. */
  readonly seconds: readonly (number | null)[];
  readonly read: ReadSpan;
}

/** A side's clock counts in whole seconds, and what is written lives longer by what it waited on its way. */
export const usualExpiryTolerance = 2;

/** Whether a value of one reading and one of another may end at the same time, give or take so many seconds. */
export function mayEndTogether(
  one: number | null,
  readOne: ReadSpan,
  other: number | null,
  readOther: ReadSpan,
  tolerance: number,
): boolean {
  if (one === null || other === null) return one === other;
  // What is left is told in whole seconds, rounded down.
  const earliest = Math.max(readOne.from + one, readOther.from + other);
  const latest = Math.min(readOne.to + one, readOther.to + other) + 1;
  return earliest - latest <= tolerance;
}

/** The same for a value of a row by its place; of a reading that tells nothing of expiry nothing is said. */
export function mayValueEndTogether(
  one: Expiry | undefined,
  other: Expiry | undefined,
  index: number,
  tolerance: number,
): boolean {
  if (!one || !other) return true;
  return mayEndTogether(one.seconds[index] ?? null, one.read, other.seconds[index] ?? null, other.read, tolerance);
}

/** The same for all values of a row. */
export function mayAllEndTogether(one: Expiry | undefined, other: Expiry | undefined, tolerance: number): boolean {
  return !one || one.seconds.every((_, index) => mayValueEndTogether(one, other, index, tolerance));
}
