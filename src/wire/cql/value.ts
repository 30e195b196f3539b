/** Bound in the place of a value: the statement then leaves that column as it is (null would write a tombstone). */
export const unset: unique symbol = Symbol('unset');

/** The encoded bytes of one value, exactly as CQL carries them, without their length. */
export type CqlValue = Buffer | null | typeof unset;

/**
 * Values of one statement in one piece, as a page brings them (PackedRows): each is four bytes of its length and its bytes; the length
 * -1 is null, -2 is "not set".
 */
export interface PackedValues {
  readonly count: number;
  readonly bytes: Buffer;
  /** The last of the `count`, such as are the same for many rows. */
  readonly behind: Buffer;
}

export type CqlValues = readonly CqlValue[] | PackedValues;

export function isPacked(values: CqlValues): values is PackedValues {
  return !Array.isArray(values);
}
